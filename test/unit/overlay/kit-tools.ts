import { MockActivityEnvironment } from '@temporalio/testing';
import { createToolActivity } from '../../../activities/tools/index.ts';
import type { ToolResponse } from '../../../protocol/activities.ts';
import type { Json } from '../../../protocol/json.ts';
import type { OverlayRef } from '../../../protocol/overlay.ts';
import { keyOf } from '../workspace/kit.ts';
import { changesOf, type World } from './kit.ts';

/** One agent that may change files: its calls, one after the other, each over what the one before it left. */
export class WritingAgent {
  readonly world: World;
  overlay: OverlayRef | null = null;

  readonly run: string;

  constructor(world: World, run = 'run-1') {
    this.world = world;
    this.run = run;
  }

  async call(tool: string, input: Json): Promise<ToolResponse> {
    const { store, root } = this.world;
    const response = (await new MockActivityEnvironment().run(
      createToolActivity({ store }),
      { address: 'agent:1', label: 'x', phase: null, model: null, turn: 0 },
      { tool, input, snapshot: keyOf(root, this.run), overlay: this.overlay },
    )) as ToolResponse;
    if (response.overlay !== undefined) this.overlay = response.overlay;
    return response;
  }

  /** The output of a call that must go well. */
  async output(tool: string, input: Json): Promise<string> {
    const { output, isError } = await this.call(tool, input);
    if (isError) throw new Error(`${tool} answered with an error: ${output}`);
    return output;
  }

  /** The output of a call that must be refused and change nothing. */
  async refusal(tool: string, input: Json): Promise<string> {
    const before = this.overlay;
    const { output, isError, overlay } = await this.call(tool, input);
    if (!isError || overlay !== undefined || this.overlay !== before)
      throw new Error(`${tool} was not refused: ${output}`);
    return output;
  }

  async changes(): Promise<{ [path: string]: string | null }> {
    return this.overlay === null ? {} : changesOf(this.world, this.overlay);
  }
}
