/** Changes to a text by offsets of the old one. An edit inside of another one shows only where that one renders its place. */
interface Edit {
  start: number;
  end: number;
  text: () => string;
}

export class Edits {
  private readonly source: string;
  private readonly edits: Edit[] = [];

  constructor(source: string) {
    this.source = source;
  }

  replace(start: number, end: number, text: string | (() => string)): void {
    this.edits.push({ start, end, text: typeof text === 'string' ? () => text : text });
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** A part of the text with the edits inside of it; insertions at its very end are left to what stands after it. */
  render(start = 0, end = this.source.length): string {
    const whole = start === 0 && end === this.source.length;
    const inside = this.edits
      .filter((edit) => edit.start >= start && edit.end <= end && (whole || edit.start < end))
      // Of two that begin at one place, insertions go first, then the wider one.
      .sort((a, b) => a.start - b.start || Number(isWide(a)) - Number(isWide(b)) || b.end - a.end);
    let at = start;
    let out = '';
    for (const edit of inside) {
      if (edit.start < at) continue;
      out += this.source.slice(at, edit.start) + edit.text();
      at = edit.end;
    }
    return out + this.source.slice(at, end);
  }
}

function isWide(edit: Edit): boolean {
  return edit.end > edit.start;
}
