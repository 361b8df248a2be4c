/** The final of a node (RL-05), judged against its schema (RL-06); a large text crosses by reference. */
import type { Json, JsonObject } from '../../protocol/json.ts';
import { REPL } from '../../protocol/limits.ts';
import type { ReplFinal } from '../../protocol/repl.ts';
import type { GuestTurnEnd } from '../../sandbox/repl/types.ts';
import { judge } from '../model/judge.ts';
import { textRefOf } from '../../store/contexts/refs.ts';
import type { SessionTexts, TextDesk } from './session-texts.ts';

type GuestFinal = NonNullable<GuestTurnEnd['final']>;

interface FinalDesk extends TextDesk {
  texts: SessionTexts;
  schema: JsonObject | null;
}

/** Errors: BRAID_SCHEMA_INVALID for a schema that cannot be judged by, those of the store. */
export async function judgeFinal(desk: FinalDesk, final: GuestFinal): Promise<ReplFinal> {
  if ('value' in final) return judgeValue(desk, final.value);
  const { start, end } = final.span;
  const ref = desk.texts.refOf(final.span);
  if (end - start <= REPL.finalChars) return judgeValue(desk, await desk.readText(ref));
  if (desk.schema === null) {
    const preview = await desk.readText({ ...ref, end: Math.min(ref.end, ref.start + REPL.previewChars) });
    return { ok: true, text: ref, length: end - start, json: false, preview };
  }
  return { ok: false, problem: tooLong(end - start) };
}

async function judgeValue({ store, schema }: FinalDesk, value: Json): Promise<ReplFinal> {
  const problem = schema === null ? null : await judge(schema, value);
  if (problem !== null) return { ok: false, problem };
  // A text stands for itself; of any other value its JSON is kept.
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= REPL.finalChars) return { ok: true, value };
  const preview = text.slice(0, REPL.previewChars);
  return {
    ok: true,
    text: await textRefOf(store, text),
    length: text.length,
    json: typeof value !== 'string',
    preview,
  };
}

function tooLong(length: number): string {
  return `the final is a text of ${length} characters of the context; one that must match a schema may have ${REPL.finalChars}`;
}
