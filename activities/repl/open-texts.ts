/** A session's texts, read in its thread from memory that all threads share. */
import { BraidError } from '../../protocol/errors.ts';
import type { TextSource } from '../../protocol/text-source.ts';
import { openText } from '../../store/contexts/reader.ts';
import type { ThreadOpen } from './thread-messages.ts';

export function openTexts({ texts, shared, home }: ThreadOpen): TextSource[] {
  return texts.map(({ shared: at, part, start, end, name }) => {
    const context = shared[at];
    if (context === undefined) throw new BraidError('BRAID_INTERNAL', `A session has no context ${at}.`);
    const source = openText(context, part, home);
    const view = start === 0 && end === source.length ? source : source.view(start, end);
    // Nobody else has this object yet, and a part may have another name in each context that it is a piece of.
    return name === null ? view : Object.assign(view, { name });
  });
}
