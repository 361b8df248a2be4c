/**
 * Calls of cells, parsed as hostile: rebuilt from known members of known types. What the prelude would never send is forged
 * and ends the guest; what a cell's author got wrong becomes a `wrong` call, which fails with the reason.
 */
import { parseDuration } from '../../protocol/duration.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { REPL, SETTING_BOUNDS } from '../../protocol/limits.ts';
import type { ReplBudget } from '../../protocol/repl.ts';
import type { TextSource } from '../../protocol/text-source.ts';
import { forged, listIn, objectIn, textIn } from './forged.ts';
import { spanOf } from './texts.ts';
import type { GuestCall, GuestCallOptions, GuestContext, GuestSpan, GuestText } from './types.ts';

interface Known {
  texts: readonly TextSource[];
  tools: readonly { name: string }[];
}

/** `id` is checked already. Throws BRAID_SANDBOX_PROTOCOL. */
export function parseCall(id: number, name: string, args: Json[], known: Known): GuestCall {
  try {
    return { id, ...callOf(name, args, known) };
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    return wrongCall(id, 'BRAID_OPTION', error.message);
  }
}

export function wrongCall(id: number, code: string, message: string): GuestCall {
  return { id, name: 'wrong', error: { code, message } };
}

/** Calls without their ids. */
type Unnumbered<C> = C extends { id: number } ? Omit<C, 'id'> : never;

function callOf(name: string, args: Json[], { texts, tools }: Known): Unnumbered<GuestCall> {
  const [first, second, third] = args;
  switch (name) {
    case 'llm':
      return {
        name,
        ...itemsOf(args, (item) => ({
          prompt: textOf(item['prompt'], texts),
          options: optionsOf(objectIn(item, 'options')),
        })),
      };
    case 'rlm':
      return {
        name,
        ...itemsOf(args, (item) => ({
          question: textOf(item['question'], texts),
          context: contextOf(item['context'], texts),
          options: optionsOf(objectIn(item, 'options')),
        })),
      };
    case 'agent':
      if (second !== null && !isJsonObject(second)) throw forged('asks an agent wrongly');
      return { name, prompt: textOf(first, texts), opts: second };
    case 'workflow':
      return { name, ref: refOf(first), args: second };
    case 'tool':
      if (typeof first !== 'string' || second === undefined) throw forged('calls no tool');
      if (!tools.some((tool) => tool.name === first)) throw forged('calls an unknown tool');
      return { name, tool: first, args: second };
    case 'ask':
      if (typeof first !== 'string' || !isOptions(second)) throw forged('asks a person wrongly');
      return { name, question: first, opts: second };
    case 'approve':
      if (typeof first !== 'string' || second === undefined || !isOptions(third))
        throw forged('asks for approval wrongly');
      return { name, what: first, details: second, opts: third };
    case 'call':
      if (typeof first !== 'string' || second === undefined) throw forged('calls nothing by name');
      return { name, callee: first, args: second };
    case 'describe':
      if (first !== null && typeof first !== 'string') throw forged('describes nothing');
      return { name, callee: first };
    case 'wrong':
      if (typeof first !== 'string' || typeof second !== 'string') throw forged('is wrong without a reason');
      return { name, error: { code: isErrorCode(first) ? first : 'BRAID_OPTION', message: second } };
    default:
      throw forged('calls something unknown');
  }
}

function isOptions(value: Json | undefined): value is JsonObject | null {
  return value === null || isJsonObject(value);
}

function itemsOf<T>(args: Json[], one: (item: JsonObject) => T): { batch: boolean; items: T[] } {
  const [batch, items] = args;
  if (typeof batch !== 'boolean' || !Array.isArray(items)) throw forged('has no items');
  if (items.length > REPL.batchItems) {
    throw new WrongArguments(
      `A batch takes at most ${REPL.batchItems} items, got ${items.length}. Make several batches.`,
    );
  }
  return {
    batch,
    items: items.map((item, index) => {
      if (!isJsonObject(item)) throw forged('has an item that is none');
      return batch ? numbered(index, () => one(item)) : one(item);
    }),
  };
}

function numbered<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WrongArguments) throw new WrongArguments(`Item ${index}: ${error.message}`);
    throw error;
  }
}

function textOf(value: Json | undefined, texts: readonly TextSource[]): GuestText {
  const pieces = (Array.isArray(value) ? value : [value]).map((piece) => pieceOf(piece, texts));
  if (pieces.every((piece) => typeof piece === 'string')) return checked(pieces.join(''));
  return pieces;
}

function checked(text: string): string {
  if (text === '') throw new WrongArguments('The prompt is empty.');
  return text;
}

function pieceOf(piece: Json | undefined, texts: readonly TextSource[]): string | GuestSpan {
  if (typeof piece === 'string') return piece;
  if (!isJsonObject(piece)) throw forged('has a prompt that is no text');
  return spanOf(piece['$text'], texts);
}

function contextOf(value: Json | undefined, texts: readonly TextSource[]): GuestContext {
  if (value === null) return null;
  if (!isJsonObject(value)) throw forged('has no context');
  if (value['value'] !== undefined) return { kind: 'value', value: value['value'] };
  return {
    kind: 'texts',
    texts: listIn(value, 'texts').map((entry) => {
      if (!isJsonObject(entry)) throw forged('has a text that is none');
      const piece = pieceOf(entry['text'], texts);
      return { name: textIn(entry, 'name'), text: typeof piece === 'string' ? piece : [piece] };
    }),
  };
}

function refOf(value: Json | undefined): string | { scriptPath: string } | { source: string } {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) throw forged('calls no workflow');
  return value['source'] === undefined
    ? { scriptPath: textIn(value, 'scriptPath') }
    : { source: textIn(value, 'source') };
}

function optionsOf(opts: JsonObject): GuestCallOptions {
  const { schema, maxOutputTokens } = opts;
  if (schema !== undefined && schema !== null && !isJsonObject(schema))
    throw new WrongArguments('opts.schema is no object.');
  return {
    label: optionalText(opts, 'label'),
    model: optionalText(opts, 'model'),
    system: optionalText(opts, 'system'),
    schema: schema ?? null,
    maxOutputTokens:
      maxOutputTokens === undefined || maxOutputTokens === null
        ? null
        : positive(maxOutputTokens, 'opts.maxOutputTokens'),
    budget: budgetOf(opts['budget']),
  };
}

function optionalText(opts: JsonObject, key: string): string | null {
  const value = opts[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string')
    throw new WrongArguments(`opts.${key} is ${JSON.stringify(value).slice(0, 40)}, not a string.`);
  return value;
}

function budgetOf(value: Json | undefined): GuestCallOptions['budget'] {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value))
    throw new WrongArguments(`opts.budget is an object: {${[...COUNTS, 'usd', 'time'].join(', ')}}.`);
  const budget: ReplBudget = {};
  for (const key of COUNTS) {
    const limit = value[key];
    if (limit !== undefined && limit !== null) budget[key] = positive(limit, `opts.budget.${key}`);
  }
  const { usd, time } = value;
  if (usd !== undefined && usd !== null) budget.usd = dollars(usd);
  if (time !== undefined && time !== null) budget.timeMs = duration(time);
  return budget;
}

const COUNTS = ['calls', 'requests', 'inputTokens', 'outputTokens', 'iterations'] as const;

function dollars(value: Json): number {
  const { min, max } = SETTING_BOUNDS.maxUsd;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new WrongArguments(`opts.budget.usd is ${shown(value)}, not a number of dollars from ${min} to ${max}.`);
}

function duration(value: Json): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : null;
  if (ms !== null && ms >= 1 && ms <= SETTING_BOUNDS.maxTimeMs.max) return Math.ceil(ms);
  throw new WrongArguments(`opts.budget.time is ${shown(value)}, neither milliseconds nor a text such as "5m".`);
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 40);
}

function positive(value: Json, what: string): number {
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new WrongArguments(`${what} is ${JSON.stringify(value).slice(0, 40)}, not a whole number above 0.`);
}

/** What the author of a cell got wrong. */
class WrongArguments extends Error {}
