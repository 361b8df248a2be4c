/** Paths as git writes them where an odd character would break a line: "…" with C escapes. */

const NAMED: Record<string, string> = { '\t': 't', '\n': 'n', '\r': 'r', '"': '"', '\\': '\\' };
const VALUES: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const ODD = /[\x00-\x1f\x7f"\\]/;

/** The path itself when nothing in it is odd. */
export function quoted(path: string): string {
  if (!ODD.test(path)) return path;
  const escape = (c: string) => `\\${NAMED[c] ?? c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `"${path.replace(new RegExp(ODD, 'g'), escape)}"`;
}

/** The inverse of {@link quoted}; octal escapes are bytes of UTF-8. */
export function unquoted(text: string): string {
  if (!/^".*"$/.test(text)) return text;
  const parts = text.slice(1, -1).match(/\\[0-7]{3}|\\.|[^\\]+/g) ?? [];
  const bytes = parts.map((part) => {
    if (!part.startsWith('\\')) return Buffer.from(part);
    const rest = part.slice(1);
    return /^\d/.test(rest)
      ? Buffer.from([Number.parseInt(rest, 8)])
      : Buffer.from([VALUES[rest] ?? rest.charCodeAt(0)]);
  });
  return Buffer.concat(bytes).toString('utf8');
}
