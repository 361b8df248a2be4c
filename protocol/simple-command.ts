/**
 * Shell commands that mean what they look like: one program with plain words; nothing that a shell would expand, chain, redirect, assign,
 * comment or run in the background. Whatever is not surely that is null. A command that is refused here is asked for, so that refusing too
 * much is safe.
 */

/** Letters that no shell gives a meaning to outside quotes. */
const PLAIN = /[A-Za-z0-9_./:@%+,=-]/;
/** Between double quotes these still mean something, and so does any control character. */
const ALIVE = /[$`\\!\u0000-\u001f\u007f]/;
/** Words that are grammar, or run other words, when they come first. */
const GRAMMAR = new Set(
  '. ! [[ case coproc do done elif else esac eval exec fi for function if in select source then time trap until while alias'.split(
    ' ',
  ),
);

/** The words of a simple command, unquoted; null for anything else. */
export function readSimpleCommand(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      const quoted = text.slice(at + 1, end);
      if (end < 0 || (char === '"' ? ALIVE : /[\u0000-\u001f\u007f]/).test(quoted)) return null;
      word = (word ?? '') + quoted;
      at = end;
    } else if (PLAIN.test(char)) word = (word ?? '') + char;
    else return null;
  }
  if (word !== null) words.push(word);
  const [program] = words;
  // `NAME=value program` changes what the program does.
  return program === undefined || program === '' || program.includes('=') || GRAMMAR.has(program) ? null : words;
}
