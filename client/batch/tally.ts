/** What a results file says of a batch. It is read on from where it was left, so following a batch of any size costs its new lines. */
import { countLine, endedOf, NO_COUNTS, type BatchCounts } from '../../protocol/batch.ts';
import { isJsonObject } from '../../protocol/json.ts';
import { addUsage, NO_USAGE, type Usage } from '../../protocol/outcome.ts';
import { BATCH } from '../../protocol/limits.ts';
import { parseLine } from '../../store/batches/line.ts';
import { readLines } from '../../store/batches/results.ts';

export interface ItemFailure {
  item: number;
  code: string;
  message: string;
}

export class ResultsTally {
  readonly counts: BatchCounts = { ...NO_COUNTS };
  /** Of this batch alone: what a line cost that was taken over stands with the batch that paid. */
  usage: Usage = NO_USAGE;
  /** The first items without success. */
  readonly failures: ItemFailure[] = [];
  private readonly file: string;
  private readonly batch: string;
  private at = 0;

  constructor(file: string, batch: string) {
    this.file = file;
    this.batch = batch;
  }

  get ended(): number {
    return endedOf(this.counts);
  }

  /** Takes the lines that are new, and hands them on a block at a time. */
  async read(onLines: (lines: string[]) => Promise<void> = () => Promise.resolve()): Promise<void> {
    for await (const { lines, end } of readLines(this.file, this.at)) {
      for (const text of lines) {
        const line = parseLine(text);
        if (line === null) continue;
        countLine(this.counts, line);
        if (line.run?.startsWith(`${this.batch}/`) === true) this.usage = addUsage(this.usage, line.usage);
        else if (line.run !== null) this.counts.kept += 1;
        if (line.status === 'failed' && this.failures.length < BATCH.badShown) this.failures.push(failureOf(line));
      }
      await onLines(lines);
      this.at = end;
    }
  }
}

function failureOf({ item, json }: NonNullable<ReturnType<typeof parseLine>>): ItemFailure {
  const { code, message } = isJsonObject(json['error']) ? json['error'] : {};
  return { item, code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}
