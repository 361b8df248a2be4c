/**
 * How a node ends that has no final (RL-07): one last question over transcript and variables; when even that is refused, or
 * gives nothing, the best variable.
 */
import { extractCells } from '../../sandbox/cells/extract.ts';
import type { Json } from '../../protocol/json.ts';
import type { ErrorInfo } from '../../protocol/outcome.ts';
import type { LargeValue, RlmInput } from '../../protocol/rlm.ts';
import { modelFailure } from '../agent/failure.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { AcceptedFinal, RlmLoop } from './loop.ts';
import { extraction } from './prompts/turns.ts';
import { CrashLoop } from './session.ts';
import type { Turns } from './turns.ts';

/** What a node comes to. `partial`: why the value is no regular final. */
export interface Ending {
  value: Json;
  large: LargeValue | null;
  partial: string | null;
  error: ErrorInfo | null;
}

/** `turns` null: no request may be sent any more. */
export async function lastWord(why: string, loop: RlmLoop, turns: Turns | null, input: RlmInput): Promise<Ending> {
  const asked = turns === null ? null : await ask(why, loop, turns, input);
  const final = asked ?? (await bestVariable(loop));
  if (final === null) return { value: null, large: null, partial: why, error: null };
  return ending(final, why);
}

export function ending(final: AcceptedFinal, partial: string | null): Ending {
  if ('value' in final) return { value: final.value, large: null, partial, error: null };
  const { text, length, json, preview } = final;
  return { value: null, large: { text, length, json, preview }, partial, error: null };
}

async function ask(why: string, loop: RlmLoop, turns: Turns, input: RlmInput): Promise<AcceptedFinal | null> {
  const schema = input.rlm.schema !== null;
  turns.add({ role: 'user', text: extraction(why, loop.variables, schema) });
  try {
    const message = await turns.ask({ tools: false });
    const cell = extractCells(message.text).cells[0];
    if (cell !== undefined) {
      const { final } = await loop.lastCell(cell.code);
      if (final?.ok === true) return final;
    }
    const text = message.text.trim();
    return cell !== undefined || schema || text === '' ? null : { ok: true, value: text };
  } catch (error) {
    if (error instanceof LimitReached || error instanceof CrashLoop || modelFailure(error) !== null) return null;
    throw error;
  }
}

const ANSWERS = /^(final_?)?(answer|result|results|output|summary|report|response|final)$/i;

/** The variable that looks like an answer, else the one that was assigned last. */
async function bestVariable(loop: RlmLoop): Promise<AcceptedFinal | null> {
  const values = loop.variables.filter(({ type }) => type !== 'function' && type !== 'class' && type !== 'undefined');
  const best = values.find(({ name }) => ANSWERS.test(name)) ?? values[0];
  if (best === undefined) return null;
  try {
    const { final } = await loop.lastCell(`FINAL_VAR(${JSON.stringify(best.name)})`);
    return final?.ok === true ? final : null;
  } catch (error) {
    if (error instanceof CrashLoop) return null;
    throw error;
  }
}
