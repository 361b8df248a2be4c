/** What views need of an RLM's input, of its steps and of its result; like parse.ts, never throws. */
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { isTextRef } from '../../protocol/context.ts';
import type { CellError, VariableInfo } from '../../protocol/repl.ts';
import type { LargeValue } from '../../protocol/rlm.ts';
import type { ScriptResult } from '../../protocol/script-result.ts';
import type { CellView } from '../../protocol/view.ts';
import { parseScriptResult } from './parse.ts';
import { cap, count, list, object, text } from '../../histories/parse-json.ts';

/** The start of a node below the root, or of an RLM: parts of its workflow's input. */
export interface NodeStart {
  name: string | null;
  model: string | null;
  question: string | null;
  context: string | null;
  maxIterations: number | null;
  /** Levels of recursion below it. */
  depth: number;
  subModel: string | null;
}

export function parseNodeStart(json: Json): NodeStart {
  const o = object(json);
  const rlm = object(o.rlm);
  return {
    name: text(o.name),
    model: text(rlm.model) ?? text(object(o.models).main),
    question: text(object(o.asked).head),
    context: contextText(o.context),
    maxIterations: cap(rlm.maxIterations),
    depth: count(rlm.depth),
    subModel: text(rlm.subModel),
  };
}

/** `text, 1,200,000 characters in 30,000 lines`, `12 files (a.md, b.md, …), 4,096 characters`. */
function contextText(json: Json | undefined): string | null {
  if (!isJsonObject(json)) return null;
  const length = `${count(json.length).toLocaleString('en')} characters`;
  if (json.kind === 'files') {
    const names = list(json.names).flatMap((part) => text(object(part).name) ?? []);
    const parts = count(json.parts);
    const shown = names.slice(0, 3).join(', ') + (parts > 3 ? ', …' : '');
    return `${parts.toLocaleString('en')} ${parts === 1 ? 'file' : 'files'} (${shown}), ${length}`;
  }
  return `${text(json.kind) ?? 'text'}, ${length} in ${count(json.lines).toLocaleString('en')} lines`;
}

/** How a program ended. */
export interface NodeEnd extends ScriptResult {
  partial: string | null;
  large: LargeValue | null;
  /** Null for scripts. */
  iterations: number | null;
}

/** A child may wrap its result together with what it used of its lease. */
export function parseNodeEnd(json: Json): NodeEnd | null {
  if (!isJsonObject(json)) return null;
  if (isJsonObject(json.result) && json.status === undefined) return parseNodeEnd(json.result);
  const end = parseScriptResult(json);
  if (end === null) return null;
  return { ...end, partial: text(json.partial), large: parseLarge(json.large), iterations: cap(json.iterations) };
}

function parseLarge(json: Json | undefined): LargeValue | null {
  if (!isJsonObject(json) || !isTextRef(json.text)) return null;
  const preview = text(json.preview) ?? '';
  return { text: json.text, length: count(json.length), json: json.json === true, preview };
}

/** What a turn of a session gave; null when the session was lost, so that the same turn is taken again. */
export type CellStep = Pick<
  CellView,
  'output' | 'outputChars' | 'error' | 'hints' | 'variables' | 'final' | 'gas' | 'ms'
> & {
  idle: boolean;
};

export function parseCellStep(json: Json): CellStep | null {
  if (!isJsonObject(json) || json.kind !== 'ran') return null;
  return {
    idle: json.state !== 'waiting',
    output: text(json.output) ?? '',
    outputChars: count(json.outputChars),
    error: parseCellError(json.error),
    hints: list(json.hints).flatMap((hint) => text(hint) ?? []),
    variables: list(json.variables).flatMap(parseVariable),
    final: isJsonObject(json.final) && json.final.ok === true,
    gas: count(json.gas),
    ms: count(json.ms),
  };
}

/** The code of a request for a step; null when it runs no cell. */
export function parseCode(json: Json): string | null {
  const turn = object(object(json).turn);
  return turn.kind === 'cell' ? text(turn.code) : null;
}

function parseCellError(json: Json | undefined): CellError | null {
  if (!isJsonObject(json)) return null;
  return {
    name: text(json.name) ?? 'Error',
    message: text(json.message) ?? '',
    code: text(json.code),
    line: cap(json.line),
    column: cap(json.column),
    frame: text(json.frame) ?? '',
  };
}

function parseVariable(json: Json): VariableInfo[] {
  const o: JsonObject = object(json);
  if (typeof o.name !== 'string') return [];
  return [{ name: o.name, type: text(o.type) ?? '', size: cap(o.size), preview: text(o.preview) ?? '' }];
}
