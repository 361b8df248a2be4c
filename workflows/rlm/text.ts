import { isTextRef, type PromptText } from '../../protocol/context.ts';

const HEAD = 2_000;

/** What a workflow knows of a text without reading it: its start, if that is no reference. */
export function textHead(text: PromptText): string {
  if (typeof text === 'string') return text.slice(0, HEAD);
  const [first] = text;
  return typeof first === 'string' ? first.slice(0, HEAD) : `(a text of ${textLength(text)} characters)`;
}

export function textLength(text: PromptText): number {
  if (typeof text === 'string') return text.length;
  return text.reduce((sum, piece) => sum + (isTextRef(piece) ? piece.end - piece.start : piece.length), 0);
}
