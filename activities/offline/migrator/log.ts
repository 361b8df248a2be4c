/** What the conversation has shown so far: which files there are, what stands in them now, what commands printed. */
import { isJsonObject } from '../../../protocol/json.ts';
import type { ToolTurn } from '../rule-model.ts';

export const GLOB = '**/*.{js,cjs,mjs,json,node}';
const IGNORED = /(?:^|\/)node_modules\//;
const CUT_LINE = /… \[\d+ more characters\]$/;

export interface Run {
  output: string;
  passed: boolean;
  /** Changes that were made before it. */
  changes: number;
}

export class Log {
  /** Null until they were listed to the end. */
  files: Set<string> | null = null;
  /** Line to go on from in the list of files. */
  nextFile: number | null = null;
  /** Lines that are missing of files that were begun: the offset of the next part. */
  readonly unfinished = new Map<string, number>();
  readonly runs: Run[] = [];
  /** Paths that were changed, in order, with repetitions. */
  readonly changes: string[] = [];
  /** Path → what a tool said when it refused it. */
  readonly refused = new Map<string, string>();
  private readonly texts = new Map<string, string>();
  private readonly missing = new Set<string>();

  constructor(turns: readonly ToolTurn[]) {
    const listed = new Set<string>();
    const lines = new Map<string, string[]>();
    for (const turn of turns) {
      if (turn.name === 'glob') this.list(turn, listed);
      if (turn.name === 'read') this.read(turn, lines);
      if (turn.name === 'write' || turn.name === 'edit') this.change(turn);
      if (turn.name === 'bash')
        this.runs.push({ output: turn.output, passed: isPassed(turn), changes: this.changes.length });
    }
  }

  /** Null: it cannot be read; undefined: nobody tried. */
  text(path: string): string | null | undefined {
    return this.missing.has(path) ? null : this.texts.get(path);
  }

  private list(turn: ToolTurn, listed: Set<string>): void {
    for (const line of turn.isError ? [] : turn.output.split('\n')) {
      if (/\.(?:[cm]?js|json|node)$/.test(line) && !IGNORED.test(line)) listed.add(line);
    }
    this.nextFile = nextOffset(turn.output);
    if (this.nextFile === null) this.files = listed;
  }

  private read(turn: ToolTurn, lines: Map<string, string[]>): void {
    const path = textIn(turn, 'path');
    this.unfinished.delete(path);
    if (turn.isError) return void this.missing.add(path);
    const known = lines.get(path) ?? [];
    lines.set(path, known);
    for (const line of turn.output.split('\n')) {
      const match = /^\s*(\d+)\t(.*)$/.exec(line);
      if (match !== null) known[Number(match[1]) - 1] = match[2] ?? '';
    }
    const next = nextOffset(turn.output);
    if (next !== null) this.unfinished.set(path, next);
    // A line that was cut for its length is not known: neither is the file.
    else if (known.some((line) => CUT_LINE.test(line))) this.missing.add(path);
    else this.texts.set(path, known.length === 0 ? '' : `${Array.from(known, (line) => line ?? '').join('\n')}\n`);
  }

  private change(turn: ToolTurn): void {
    const path = textIn(turn, 'path');
    if (turn.isError) return void this.refused.set(path, turn.output.split('\n')[0] ?? '');
    this.changes.push(path);
    if (turn.name === 'write') return void this.texts.set(path, textIn(turn, 'content'));
    const before = this.texts.get(path);
    const isAll = isJsonObject(turn.input) && turn.input['all'] === true;
    const [old, fresh] = [textIn(turn, 'old'), textIn(turn, 'new')];
    if (before === undefined) return;
    this.texts.set(path, isAll ? before.replaceAll(old, () => fresh) : before.replace(old, () => fresh));
  }
}

function isPassed({ isError, output }: ToolTurn): boolean {
  const code = /^exit code (\d+)/.exec(output)?.[1];
  return !isError && (code === undefined || code === '0');
}

function textIn({ input }: ToolTurn, name: string): string {
  const value = isJsonObject(input) ? input[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Where a part of an answer says that it goes on. */
function nextOffset(output: string): number | null {
  const match = /go on with offset (\d+)/.exec(output.slice(output.lastIndexOf('\n') + 1));
  return match === null ? null : Number(match[1]);
}
