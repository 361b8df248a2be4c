/** A call's name for people, when its program gives none: the first line of what it asks, or `fallback` when that is empty. */
export function labelOf(text: string, fallback: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  if (line === '') return fallback;
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
