/** Writes the story by a marker, when nothing else would carry it (story.ts). */
import type { CancellationScope } from '@temporalio/workflow';
import type { CallTag, Note } from '../../protocol/model-call.ts';
import { activities } from '../activities.ts';
import type { Story } from './story.ts';

export class StoryMarker {
  private readonly story: Story;
  private readonly scope: CancellationScope;
  private flushing = false;

  /** What is flushed is written in `scope`, whoever said it. */
  constructor(story: Story, scope: CancellationScope) {
    this.story = story;
    this.scope = scope;
  }

  write(): void {
    const { notes, written } = this.story.takeForMarker();
    activities.note(storyTag(notes)).then(written, () => undefined);
  }

  /** In this workflow task, with all that is said until its end. */
  flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    void Promise.resolve().then(() => {
      this.flushing = false;
      const { notes, written } = this.story.takeForMarker();
      if (notes.length > 0) this.scope.run(() => activities.note(storyTag(notes))).then(written, () => undefined);
      else written();
    });
  }

  /** A line that goes out by itself: nothing else may be journalled for long. */
  announce(text: string): void {
    this.story.add('warning', text);
    this.flush();
  }
}

function storyTag(notes: Note[]): CallTag {
  return { address: 'story', label: 'story', phase: null, model: null, turn: 0, notes };
}
