/** Calls of scripts as tests know them: by what they ask for, and by what people call them. */
import { hashJson } from '../../protocol/hash.ts';
import { labelOf as firstLineOf } from '../../protocol/label.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { AskedCall } from './guest.ts';

/** Hash of all that is asked. What only people see, a label and a phase, is no part of it. */
export function contentOf({ name, args }: AskedCall): string {
  const at = optionsAt(name);
  const asked = at === null ? args : args.with(at, bare(args[at]));
  return hashJson([name, asked]).slice(0, 32);
}

export function labelOf({ name, args }: AskedCall): string {
  const at = optionsAt(name);
  const given = at === null ? null : optionsOf(args[at])['label'];
  return typeof given === 'string' && given !== '' ? given.slice(0, 60) : firstLineOf(textOf(args[0]), name);
}

export function phaseOf({ name, args, phase }: AskedCall): string | null {
  const at = optionsAt(name);
  const given = at === null ? null : optionsOf(args[at])['phase'];
  return typeof given === 'string' && given !== '' ? given : phase;
}

/** The start of what is asked, for people. */
export function headOf({ name, args }: AskedCall): string {
  const shown = name === 'workflow' || name === 'call' ? `${textOf(args[0])} ${textOf(args[1])}` : textOf(args[0]);
  const line = shown.replace(/\s+/g, ' ').trim();
  return line.length > HEAD ? `${line.slice(0, HEAD - 1)}…` : line;
}

const HEAD = 160;

/** Where a call's options stand; null: nowhere. */
function optionsAt(name: AskedCall['name']): number | null {
  return name === 'agent' ? 1 : name === 'rlm' ? 2 : null;
}

function bare(opts: Json | undefined): JsonObject {
  const { label: _label, phase: _phase, ...others } = optionsOf(opts);
  return others;
}

function optionsOf(opts: Json | undefined): JsonObject {
  return isJsonObject(opts ?? null) ? (opts as JsonObject) : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
