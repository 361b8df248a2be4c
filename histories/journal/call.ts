/**
 * One call that ran in its caller's history: which of its model's answers ended it. The same judgement as that of
 * workflows/agent/loop.ts, made again from what the history holds.
 */
import type { CallKey } from '../../protocol/journal.ts';
import type { Json } from '../../protocol/json.ts';
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import type { Answer } from './parse.ts';

export interface CallEnd {
  at: number;
  /** Null when it gave a value. */
  failed: string | null;
  value: Json;
  degraded: boolean;
}

export class InlineCall {
  readonly key: CallKey;
  readonly label: string;
  readonly address: string;
  usage: Spend = NO_SPEND;
  end: CallEnd | null = null;
  begunAt = 0;
  /** How often it was begun. */
  starts = 0;
  private answers = 0;
  private bad = 0;

  constructor(key: CallKey, label: string, address: string) {
    this.key = key;
    this.label = label;
    this.address = address;
  }

  /** A request left. `turn` 0 is a new beginning: one that was restarted owes nothing to what it did before. */
  sent(turn: number, at: number): void {
    if (turn !== 0) return;
    this.begunAt = at;
    this.starts += 1;
    this.usage = NO_SPEND;
    this.end = null;
    this.answers = 0;
    this.bad = 0;
  }

  answered(answer: Answer, at: number): void {
    this.usage = addSpend(this.usage, answer.usage);
    this.answers += 1;
    if (this.key.tries === null) this.text(answer, at);
    else this.structured(answer, this.key.tries, at);
  }

  fail(code: string, usage: Spend, at: number): void {
    this.usage = addSpend(this.usage, usage);
    this.end = { at, failed: code, value: null, degraded: false };
  }

  private text({ tools, finish, text }: Answer, at: number): void {
    if (tools > 0) return;
    if (finish === 'content-filter') return this.fail('BRAID_PROVIDER_REFUSED', NO_SPEND, at);
    this.end = { at, failed: null, value: text, degraded: false };
  }

  private structured({ submit, tools }: Answer, tries: number, at: number): void {
    if (submit?.valid === true) {
      this.end = { at, failed: null, value: submit.value, degraded: this.bad === tries - 1 };
      return;
    }
    // Prose instead of a submission is a bad try as well; calls of tools that are not there are only a turn.
    if (submit !== null || tools === 0) this.bad += 1;
    if (this.bad >= tries) this.fail('BRAID_CALL_SCHEMA', NO_SPEND, at);
    else if (this.answers >= tries) this.fail('BRAID_CALL_STEPS', NO_SPEND, at);
  }
}
