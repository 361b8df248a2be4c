/** A flat list of tokens for {@link stripTypes}, which reads what the parser refuses. */
import { tokenizer } from 'acorn';

export interface Token {
  kind: 'word' | 'literal' | 'mark';
  text: string;
  start: number;
  end: number;
  /** A line break stands before it. */
  breaks: boolean;
}

export interface TokenList {
  readonly tokens: readonly Token[];
  /** Index of the matching bracket of opening and closing ones. */
  readonly partner: ReadonlyMap<number, number>;
  /** Ends of the lists of types in angle brackets that were looked for (type-skip.ts). */
  readonly angles: Map<number, number>;
}

/** Null when the text cannot be cut into tokens or its brackets do not match. */
export function tokensOf(code: string): TokenList | null {
  const tokens: Token[] = [];
  try {
    let last = 0;
    for (const { type, start, end } of tokenizer(code, { ecmaVersion: 2025, allowHashBang: true })) {
      const kind = kindOf(type.label, type.keyword);
      const breaks = code.slice(last, start).includes('\n');
      last = end;
      // `>>` may close two lists of type arguments.
      const width = kind === 'mark' && /^>{2,3}$/.test(code.slice(start, end)) ? 1 : end - start;
      for (let at = start; at < end || at === start; at += width || 1)
        tokens.push({
          kind,
          text: code.slice(at, at + width),
          start: at,
          end: at + width,
          breaks: breaks && at === start,
        });
    }
  } catch {
    return null;
  }
  const partner = partnersOf(tokens);
  return partner === null ? null : { tokens, partner, angles: new Map() };
}

function kindOf(label: string, keyword: string | undefined): Token['kind'] {
  if (keyword !== undefined || label === 'name' || label === 'privateId') return 'word';
  return label === 'string' || label === 'num' || label === 'regexp' || label === 'template' ? 'literal' : 'mark';
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '${': '}' };

function partnersOf(tokens: readonly Token[]): Map<number, number> | null {
  const partner = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind !== 'mark') continue;
    if (Object.hasOwn(CLOSING, text)) open.push(index);
    if (text !== ')' && text !== ']' && text !== '}') continue;
    const opener = open.pop();
    if (opener === undefined || CLOSING[tokens[opener]?.text ?? ''] !== text) return null;
    partner.set(opener, index).set(index, opener);
  }
  return open.length === 0 ? partner : null;
}

export function isMark({ tokens }: TokenList, index: number, ...texts: string[]): boolean {
  const token = tokens[index];
  return token?.kind === 'mark' && texts.includes(token.text);
}

/** The name or keyword at an index; null for other tokens. */
export function wordAt({ tokens }: TokenList, index: number): string | null {
  const token = tokens[index];
  return token?.kind === 'word' ? token.text : null;
}

/** Index after the group that opens at `index`. */
export function afterGroup({ partner }: TokenList, index: number): number {
  return (partner.get(index) ?? index) + 1;
}
