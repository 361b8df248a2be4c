import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { MODEL_CALL } from '../../protocol/limits.ts';
import type { ModelResponse, ToolCall } from '../../protocol/model-call.ts';
import type { Collected } from './collect.ts';
import type { Judge } from './judge.ts';
import { findJsonBreak } from './json-position.ts';

/** Name of the tool by which a model gives its structured output. */
export const SUBMIT = 'submit';

export const SUBMIT_DESCRIPTION =
  'Gives your final answer. Call it exactly once, when your work is done; its input is the answer and must match the schema.';

export type Submission = Extract<ModelResponse, { kind: 'message' }>['submit'];

export interface Judged {
  submit: Submission;
  /** The calls of other tools. */
  toolCalls: ToolCall[];
  notes: string[];
}

/**
 * Finds the structured output in an answer and judges it: the first valid `submit`, else the first one with what is wrong
 * with it. A text that is nothing but valid JSON counts as a submission, since weak models often forget the tool.
 */
export async function judgeAnswer(
  answer: Collected,
  schema: JsonObject | null,
  maxOutputTokens: number,
  judge: Judge,
): Promise<Judged> {
  const toolCalls = answer.toolCalls.filter((call) => call.name !== SUBMIT || schema === null);
  if (schema === null) return { submit: null, toolCalls, notes: [] };
  const calls = answer.toolCalls.filter((call) => call.name === SUBMIT);
  let first: Submission = null;
  for (const call of calls) {
    const { value, problem, note } = readInput(call, answer, maxOutputTokens);
    const found = problem ?? (await judge(schema, value));
    if (found === null) return { submit: { valid: true, value }, toolCalls, notes: note === undefined ? [] : [note] };
    first ??= { valid: false, problem: cut(found), id: call.id, input: call.input };
  }
  if (calls.length === 0 && toolCalls.length === 0) {
    const value = jsonOfText(answer.text);
    if (value !== undefined && (await judge(schema, value)) === null) {
      return {
        submit: { valid: true, value },
        toolCalls,
        notes: ['The model answered by text instead of the submit tool; the text was valid.'],
      };
    }
  }
  return { submit: first, toolCalls, notes: [] };
}

function readInput(
  call: ToolCall,
  answer: Collected,
  maxOutputTokens: number,
): { value: Json; problem?: string; note?: string } {
  if (typeof call.input !== 'string') return { value: call.input };
  const parsed = parse(call.input);
  if (!answer.broken.has(call.id)) {
    // JSON inside a JSON string: valid once more unwrapped, and common enough to be worth it.
    return isJsonObject(parsed.value)
      ? { value: parsed.value, note: 'The model wrapped its structured output in a string.' }
      : { value: call.input };
  }
  if (parsed.problem === undefined)
    return { value: null, problem: 'The input uses a key that is not allowed, such as __proto__.' };
  const why =
    answer.finish === 'length'
      ? ` It was cut off at the limit of ${maxOutputTokens} output tokens: answer shorter.`
      : '';
  return { value: null, problem: `The input of ${SUBMIT} is not valid JSON: ${parsed.problem}.${why}` };
}

function parse(text: string): { value?: Json; problem?: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    const at = findJsonBreak(text);
    if (at === null) return { problem: error instanceof Error ? error.message : String(error) };
    const found = at.found === '' ? 'the text ends' : `found ${JSON.stringify(at.found)}`;
    return {
      problem: `expected ${at.expected} but ${found} at position ${at.position} (line ${at.line}, column ${at.column})`,
    };
  }
}

/** The JSON object that a text is, alone or in a code fence. */
function jsonOfText(text: string): Json | undefined {
  const trimmed = text.trim();
  const fenced = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/i.exec(trimmed);
  const { value } = parse(fenced?.[1] ?? trimmed);
  return isJsonObject(value) ? value : undefined;
}

function cut(problem: string): string {
  return problem.length > MODEL_CALL.problemChars ? `${problem.slice(0, MODEL_CALL.problemChars - 1)}…` : problem;
}
