/**
 * Blanks the common forms of TypeScript in a cell that is no JavaScript: annotations of variables, parameters, results and
 * fields, `interface`, `type`, `as`, `satisfies`, `!`, and types in angle brackets. What comes out is only used when it
 * parses, so a wrong guess costs nothing but the better error.
 */
import { Edits } from './edits.ts';
import { afterGroup, isMark, tokensOf, wordAt, type TokenList } from './tokens.ts';
import { skipArguments, skipType } from './type-skip.ts';

/** The same text with types replaced by spaces; null when there is nothing to strip. */
export function stripTypes(code: string): string | null {
  const list = tokensOf(code);
  if (list === null) return null;
  const stripper = new Stripper(list);
  for (let index = 0; index < list.tokens.length;) index = Math.max(stripper.strip(index), index + 1);
  return stripper.apply(code);
}

const DECLARATIONS: ReadonlySet<string> = new Set(['const', 'let', 'var']);
const CONTROL: ReadonlySet<string> = new Set(['if', 'for', 'while', 'switch', 'with']);
const MODIFIERS: ReadonlySet<string> = new Set(['private', 'public', 'protected', 'readonly', 'override']);
/** Keywords after which an operand begins. */
const OPERATORS: ReadonlySet<string> = new Set(
  'return typeof await void delete in of instanceof new case do else throw yield'.split(' '),
);

/** Tokens between `class` or `interface` and the brace that are looked at. */
const HEAD = 60;

class Stripper {
  private readonly list: TokenList;
  private readonly spans: { from: number; to: number }[] = [];

  constructor(list: TokenList) {
    this.list = list;
  }

  apply(code: string): string | null {
    if (this.spans.length === 0) return null;
    const edits = new Edits(code);
    let end = 0;
    for (const { from, to } of this.spans.sort((a, b) => a.from - b.from || b.to - a.to)) {
      const start = this.list.tokens[from]?.start ?? 0;
      const stop = this.list.tokens[to - 1]?.end ?? start;
      // Spans found twice, or inside of others.
      if (start < end) continue;
      edits.blank(start, stop);
      end = stop;
    }
    return edits.apply('').text;
  }

  /** Looks at one token; gives the index to go on from when a whole declaration went. */
  strip(index: number): number {
    const { list } = this;
    const word = wordAt(list, index);
    if (word === 'interface' || word === 'type') return this.declaration(index);
    if (word !== null && DECLARATIONS.has(word)) this.annotation(this.binding(index + 1));
    if (word === 'as' || word === 'satisfies') return this.assertion(index);
    if (word === 'class') this.classHead(index);
    if (isMark(list, index, '(')) this.parameters(index);
    if (isMark(list, index, '!')) this.nonNull(index);
    if (isMark(list, index, '<')) this.angles(index);
    return index;
  }

  private blank(from: number, to: number): void {
    if (to > from) this.spans.push({ from, to });
  }

  private declaration(index: number): number {
    const { list } = this;
    const name = list.tokens[index + 1];
    const first = ['export', 'declare'].includes(wordAt(list, index - 1) ?? '') ? index - 1 : index;
    const starts = first === 0 || list.tokens[first]?.breaks === true || isMark(list, first - 1, ';', '{', '}');
    if (!starts || name?.kind !== 'word' || name.breaks) return index;
    let next = isMark(list, index + 2, '<') ? skipArguments(list, index + 2) : index + 2;
    if (next === -1) return index;
    if (wordAt(list, index) === 'type') next = isMark(list, next, '=') ? skipType(list, next + 1) : -1;
    else {
      const end = next + HEAD;
      while (next < end && !isMark(list, next, '{')) next++;
      next = isMark(list, next, '{') ? afterGroup(list, next) : -1;
    }
    if (next === -1) return index;
    this.blank(first, next);
    return next;
  }

  /** Index after the name or pattern at `index`. */
  private binding(index: number): number {
    return isMark(this.list, index, '{', '[') ? afterGroup(this.list, index) : index + 1;
  }

  /** Blanks `?: T`, `!: T`, `: T` or a lone `?` of a parameter at `index`. Gives the index after it. */
  private annotation(index: number): number {
    const { list } = this;
    const optional = isMark(list, index, '?', '!');
    const colon = optional ? index + 1 : index;
    if (isMark(list, colon, ':')) {
      const end = skipType(list, colon + 1);
      if (end === -1) return index;
      this.blank(index, end);
      return end;
    }
    if (!optional || !isMark(list, colon, ',', ')')) return index;
    this.blank(index, colon);
    return colon;
  }

  private assertion(index: number): number {
    const { list } = this;
    if (!this.endsOperand(index - 1) || list.tokens[index]?.breaks) return index;
    const end = skipType(list, index + 1);
    if (end === -1) return index;
    this.blank(index, end);
    return end;
  }

  private endsOperand(index: number): boolean {
    const token = this.list.tokens[index];
    if (token === undefined) return false;
    if (token.kind === 'mark') return [')', ']', '}', '`'].includes(token.text);
    return token.kind === 'literal' || !OPERATORS.has(token.text);
  }

  private nonNull(index: number): void {
    const { list } = this;
    const next = list.tokens[index + 1];
    const operand = next === undefined || next.breaks || (next.kind === 'mark' && !['{', '`', '!'].includes(next.text));
    if (operand && !list.tokens[index]?.breaks && this.endsOperand(index - 1)) this.blank(index, index + 1);
  }

  /** Parameters and result of a function of any kind whose parameters open at `index`. */
  private parameters(index: number): void {
    const { list } = this;
    const before = wordAt(list, index - 1);
    const close = list.partner.get(index) ?? index;
    let after = close + 1;
    if (isMark(list, after, ':')) after = skipType(list, after + 1);
    const arrow = isMark(list, after, '=>') && !isMark(list, index - 1, '?');
    const body =
      isMark(list, after, '{') && (before !== null || isMark(list, index - 1, '>', ']')) && !CONTROL.has(before ?? '');
    if (!arrow && !body) return;
    this.blank(close + 1, after);
    for (let next = index + 1; next < close; next++) {
      if (wordAt(list, next) === 'this' && isMark(list, next + 1, ':')) {
        const end = skipType(list, next + 2);
        this.blank(next, isMark(list, end, ',') ? end + 1 : end);
        next = end;
      } else next = this.annotation(this.binding(isMark(list, next, '...') ? next + 1 : next));
      while (next !== -1 && next < close && !isMark(list, next, ',')) next = this.binding(next);
      if (next === -1) return;
    }
  }

  /** Arguments or parameters in angle brackets: `f<T>(`, `<T>(x) =>`, `class A<T>`, `extends B<T>`. */
  private angles(index: number): void {
    const { list } = this;
    const end = skipArguments(list, index);
    if (end === -1) return;
    const opener = list.tokens[index - 1];
    const heads = ['class', 'extends'].includes(wordAt(list, index - 2) ?? '');
    const adjacent = opener?.kind === 'word' && opener.end === list.tokens[index]?.start;
    if ((heads && adjacent) || isMark(list, end, '(')) this.blank(index, end);
  }

  private classHead(index: number): void {
    const { list } = this;
    let open = index + 1;
    let clause = -1;
    while (open < index + HEAD && !isMark(list, open, '{')) {
      if (wordAt(list, open) === 'implements') clause = open;
      open = isMark(list, open, '(') ? afterGroup(list, open) : open + 1;
    }
    if (!isMark(list, open, '{')) return;
    if (clause !== -1) this.blank(clause, open);
    const close = list.partner.get(open) ?? open;
    for (let next = open + 1; next < close; next = this.binding(next)) this.member(next);
  }

  private member(index: number): void {
    const { list } = this;
    const token = list.tokens[index];
    if (token?.kind !== 'word') return;
    const before = wordAt(list, index - 1) ?? '';
    const starts =
      token.breaks || isMark(list, index - 1, '{', '}', ';') || MODIFIERS.has(before) || before === 'static';
    if (!starts) return;
    if (MODIFIERS.has(token.text) && wordAt(list, index + 1) !== null) this.blank(index, index + 1);
    else this.annotation(index + 1);
  }
}
