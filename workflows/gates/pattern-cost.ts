/**
 * How much a regular expression may compute. JavaScript's engine backtracks, nothing can stop it inside a workflow, and patterns of
 * gates come from scripts: so their work is bounded before they run.
 *
 *  PC1  The bound is never below the number of paths that backtracking can take; what is not understood is Infinity.
 *  PC2  A repetition of what can itself match in several ways is Infinity, unless the repetition is bounded.
 */

/** Paths that a match may take over a text of `chars` characters. */
export function patternCost(source: string, chars: number): number {
  const reader = new Reader(source, chars);
  const ways = reader.alternatives();
  if (!reader.atEnd) return Infinity;
  const anchored = source.startsWith('^') && !reader.branches;
  return anchored ? ways : ways * Math.max(1, chars);
}

class Reader {
  /** Whether there is a choice outside of all groups. */
  branches = false;
  private at = 0;
  private depth = 0;
  private readonly source: string;
  private readonly chars: number;

  constructor(source: string, chars: number) {
    this.source = source;
    this.chars = chars;
  }

  get atEnd(): boolean {
    return this.at === this.source.length;
  }

  /** `a|b`: one way after the other. */
  alternatives(): number {
    let ways = this.sequence();
    while (this.take('|')) {
      if (this.depth === 0) this.branches = true;
      ways += this.sequence();
    }
    return ways;
  }

  /** `ab`: for each way of `a`, all ways of `b`. */
  private sequence(): number {
    let ways = 1;
    while (!this.atEnd && this.source[this.at] !== '|' && this.source[this.at] !== ')')
      ways *= this.repeated(this.atom());
    return ways;
  }

  private atom(): number {
    if (this.take('(')) return this.group();
    if (this.take('[')) return this.class();
    if (this.take('\\')) return this.escape();
    this.at += 1;
    return 1;
  }

  private group(): number {
    // Groups that look ahead or behind, or have a name, match in as many ways as what is in them.
    this.skip(/\?(?:[:=!]|<[=!]|<[^>]*>)/y);
    this.depth += 1;
    const ways = this.alternatives();
    this.depth -= 1;
    return this.take(')') ? ways : Infinity;
  }

  private class(): number {
    this.skip(/(?:\\[^]|[^\]\\])*/y);
    return this.take(']') ? 1 : Infinity;
  }

  /** What refers back repeats a text of any length. */
  private escape(): number {
    const next = this.source[this.at];
    if (next === undefined || /[1-9k]/.test(next)) return Infinity;
    this.at += 1;
    this.skip(next === 'p' || next === 'P' || next === 'u' ? /\{[^}]*\}/y : /(?:)/y);
    return 1;
  }

  private repeated(ways: number): number {
    const [, sign, from, comma, to] = this.skip(/(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y) ?? [];
    if (sign === undefined && from === undefined) return ways;
    if (sign === '?') return ways + 1;
    const most =
      from === undefined || (comma === ',' && to === '') ? Infinity : Number(to === '' || to === undefined ? from : to);
    const least = from === undefined ? 0 : Number(from);
    if (ways === 1) return Math.min(most, this.chars) - Math.min(least, this.chars) + 1;
    return most === Infinity ? Infinity : ways ** most * (most - least + 1);
  }

  private take(sign: string): boolean {
    if (this.source[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private skip(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match !== null) this.at = pattern.lastIndex;
    return match;
  }
}
