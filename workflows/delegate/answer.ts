/** What a delegating agent's model is told of a call: text, bounded, whatever the value is. Pure. */
import type { ToolResponse } from '../../protocol/activities.ts';
import { isTextRef } from '../../protocol/context.ts';
import type { CallResult } from '../../protocol/guest.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { DELEGATE } from '../../protocol/limits.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { Ending } from '../calls/work.ts';

/** `null`: the call was given up. */
export function answerOf(ending: Ending | null): ToolResponse {
  if (ending === null) return problem('BRAID_CALL_CANCELLED', 'The call was given up.');
  if (!ending.ok) return problem(ending.error.code, ending.error.message);
  if (!isCallResult(ending.value)) return { output: textOf(ending.value), isError: false, reads: [] };
  const { ok, value, error, reason, patch = null } = ending.value;
  if (!ok) return problem(error?.code ?? 'BRAID_INTERNAL', error?.message ?? `The call gave no value (${reason}).`);
  const output = `${textOf(value)}${patch === null ? '' : `\n\n${changesOf(patch)}`}`;
  return { output, isError: false, reads: [] };
}

/** Text of any length. */
export function shown(text: string): ToolResponse {
  return { output: shortened(text), isError: false, reads: [] };
}

/** The code first, so that programs and people find such answers. */
export function problem(code: string, message: string): ToolResponse {
  return { output: shortened(`${code}: ${message}`), isError: true, reads: [] };
}

function textOf(value: Json): string {
  if (typeof value === 'string') return shortened(value);
  // The result of a recursive model that is too large to pass on.
  if (isJsonObject(value) && isTextRef(value['text']) && typeof value['preview'] === 'string') {
    const { start, end } = value['text'];
    return `${shortened(value['preview'])}\n… (only the start of a result of ${end - start} characters)`;
  }
  return shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  const { resultChars } = DELEGATE;
  if (text.length <= resultChars) return text;
  const head = text.slice(0, resultChars).toWellFormed();
  return `${head}\n… (cut: ${resultChars} of ${text.length} characters; ask for less when you need the rest)`;
}

function changesOf({ files }: Patch): string {
  const named = files.slice(0, DELEGATE.files).map(({ path, kind }) => `${path} (${kind})`);
  const more = files.length - named.length;
  return `Files changed: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function isCallResult(value: Json | CallResult): value is CallResult {
  return typeof value === 'object' && value !== null && 'outcome' in value;
}
