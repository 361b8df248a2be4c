/**
 * Insertions and blankings of a text, collected in any order and applied in one pass.
 *
 *  E1  No edit adds or removes a line: line n of the result is line n of the text.
 *  E2  Insertions at one position nest as the syntax does: whoever is told of a parent before its children gets the
 *      parent's `before` outside of theirs, and its `after` too.
 */
export class Edits {
  private readonly text: string;
  private readonly opens = new Map<number, string>();
  private readonly closes = new Map<number, string>();
  private readonly spans = new Map<number, { end: number; text: string }>();
  private readonly guarded = new Set<number>();

  constructor(text: string) {
    this.text = text;
  }

  before(at: number, inserted: string): void {
    this.opens.set(at, (this.opens.get(at) ?? '') + inserted);
  }

  after(at: number, inserted: string): void {
    this.closes.set(at, inserted + (this.closes.get(at) ?? ''));
  }

  /** Replaces a span that holds no line break and no other edit. */
  replace(start: number, end: number, text: string): void {
    this.spans.set(start, { end, text });
  }

  /** Replaces a span that holds no other edit by spaces. */
  blank(start: number, end: number): void {
    this.spans.set(start, { end, text: blanked(this.text.slice(start, end)) });
  }

  /**
   * A statement of a list begins here. When an insertion makes it begin with a parenthesis, the statement before it, which
   * may have ended by its line break alone, would go on as a call: a semicolon keeps them apart.
   */
  guard(at: number): void {
    this.guarded.add(at);
  }

  /** The edited text after `head`, which becomes a part of line 1. */
  apply(head: string): { text: string; points: Point[] } {
    const positions = new Set([...this.opens.keys(), ...this.closes.keys(), ...this.spans.keys()]);
    const out = new Output(this.text, head);
    for (const at of [...positions].sort((a, b) => a - b)) {
      const open = this.opens.get(at) ?? '';
      const guard = open.startsWith('(') && this.guarded.has(at) ? ';' : '';
      out.insert(at, at, (this.closes.get(at) ?? '') + guard + open);
      const span = this.spans.get(at);
      if (span !== undefined) out.insert(at, span.end, span.text);
    }
    return out.finish();
  }
}

/** From this place of the edited text on (until the next point of the line), columns of both texts run in step. */
export interface Point {
  line: number;
  /** 1-based columns: in the edited text, and in the text as it was. */
  edited: number;
  own: number;
}

/** The place in the text as it was. A place inside an insertion becomes the place where it was inserted. */
export function placeBefore(points: readonly Point[], line: number, column: number): { line: number; column: number } {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const point = points[middle];
    if (point !== undefined && (point.line < line || (point.line === line && point.edited <= column))) low = middle + 1;
    else high = middle;
  }
  const last = points[low - 1];
  const next = points[low];
  const own = last?.line === line ? last.own + column - last.edited : column;
  return { line, column: Math.max(1, next?.line === line ? Math.min(own, next.own) : own) };
}

/** Spaces for everything but line breaks. */
function blanked(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, ' ');
}

class Output {
  private readonly parts: string[] = [];
  private readonly points: Point[] = [];
  private readonly text: string;
  private read = 0;
  private line = 1;
  private own = 1;
  private edited: number;

  constructor(text: string, head: string) {
    this.text = text;
    this.parts.push(head);
    this.edited = head.length + 1;
    this.points.push({ line: 1, edited: 1, own: 1 }, this.point());
  }

  insert(start: number, end: number, inserted: string): void {
    this.copyTo(start);
    if (inserted.length === 0 && start === end) return;
    if (inserted.length === end - start) {
      this.parts.push(inserted);
      this.advance(this.text.slice(start, end));
    } else {
      this.points.push(this.point());
      this.parts.push(inserted);
      this.own += end - start;
      this.edited += inserted.length;
      this.points.push(this.point());
    }
    this.read = end;
  }

  finish(): { text: string; points: Point[] } {
    this.copyTo(this.text.length);
    return { text: this.parts.join(''), points: this.points };
  }

  private copyTo(end: number): void {
    const copied = this.text.slice(this.read, end);
    this.parts.push(copied);
    this.advance(copied);
    this.read = end;
  }

  private advance(passed: string): void {
    let from = 0;
    for (let next = passed.indexOf('\n'); next !== -1; next = passed.indexOf('\n', from)) {
      this.line++;
      this.own = 1;
      this.edited = 1;
      from = next + 1;
    }
    this.own += passed.length - from;
    this.edited += passed.length - from;
  }

  private point(): Point {
    return { line: this.line, edited: this.edited, own: this.own };
  }
}
