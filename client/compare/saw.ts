/** What the models of a run were sent, and how much of the context stood in it. */
import type { RunView } from '../../protocol/view.ts';
import { ROOT } from '../view/addresses.ts';
import { Coverage } from './coverage.ts';
import type { PromptSize, Saw, Seen } from './comparison.ts';

/** One answered request. */
export interface Asked {
  address: string;
  /** From 1: which request of this address. */
  n: number;
  /** All that was sent of text, message by message. */
  prompt: string[];
  answer: string;
}

/** Sizes of all prompts of a run; `text` is the context as the script gets it. */
export function sawOf(view: Pick<RunView, 'kind'>, asked: readonly Asked[], text: string): Saw {
  const coverage = new Coverage(text);
  const shown = { root: new Uint8Array(text.length), leaf: new Uint8Array(text.length) };
  const requests = asked.map(({ address, n, prompt }): PromptSize => {
    const by = view.kind === 'rlm' && address === ROOT ? 'root' : 'leaf';
    const marks = shown[by];
    // Message by message: no passage goes on from one into the next.
    const contextChars = coverage.add(prompt, (at) => (marks[at] = 1));
    return { address, n, by, chars: prompt.reduce((sum, message) => sum + message.length, 0), contextChars };
  });
  const seen = (by: PromptSize['by']) =>
    seenOf(
      requests.filter((request) => request.by === by),
      { found: shown[by].reduce((sum, mark) => sum + mark, 0), length: text.length },
    );
  return { root: seen('root'), leaves: seen('leaf'), requests };
}

function seenOf(requests: readonly PromptSize[], { found, length }: { found: number; length: number }): Seen {
  const most = (name: 'chars' | 'contextChars') => requests.reduce((max, request) => Math.max(max, request[name]), 0);
  const part = (chars: number) => (length === 0 ? 0 : chars / length);
  return {
    requests: requests.length,
    chars: requests.reduce((sum, { chars }) => sum + chars, 0),
    largest: most('chars'),
    share: part(found),
    largestShare: part(most('contextChars')),
  };
}
