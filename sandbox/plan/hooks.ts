/** The calls of the dialect: what each of them adds to the book, and what it gives. */
import type { AnyNode } from 'acorn';
import { AGENT_OPTIONS, RLM_OPTIONS } from '../../protocol/dialect/options.ts';
import { labelOf as firstLineOf } from '../../protocol/label.ts';
import type { Details } from './book.ts';
import { itemsOf } from './lists.ts';
import type { Machine } from './machine.ts';
import { ofSchema } from './members.ts';
import {
  data,
  isText,
  listOfLength,
  maxOf,
  numberUpTo,
  shownOf,
  toJson,
  truthOf,
  UNDEFINED,
  UNKNOWN,
  type Value,
} from './values.ts';

export const HOOKS: ReadonlySet<string> = new Set([
  ...['agent', 'agentResult', 'rlm', 'workflow', 'call', 'ask', 'approve', 'parallel', 'pipeline', 'phase', 'log'],
  ...['sleep', 'now', 'random', 'outcomes', 'file', 'files', 'merge', 'keep', 'agents', 'describe'],
]);

export function hookOf(machine: Machine, name: string, args: readonly Value[], at: AnyNode): Value {
  const [first = UNDEFINED, second = UNDEFINED, third = UNDEFINED] = args;
  switch (name) {
    case 'agent':
    case 'agentResult':
      return agent(machine, first, second, at, name);
    case 'rlm':
      return rlm(machine, third, at);
    case 'workflow':
      return named(machine, 'workflow', first, at);
    case 'call':
      return named(machine, 'call', first, at);
    case 'ask':
    case 'approve':
      add(machine, at, 'gate', optionsOf(second), { label: labelOf(first) });
      return name === 'ask' ? ofSchema(toJson(memberIn(second, 'schema')), '') : UNKNOWN;
    case 'parallel':
      return parallel(machine, first, at);
    case 'pipeline':
      return pipeline(machine, first, args.slice(1), at);
    case 'phase':
      machine.phase = isText(first) ? shownOf(first) : '…';
      if (!machine.book.phases.includes(machine.phase)) machine.book.phases.push(machine.phase);
      return UNDEFINED;
    default:
      return name === 'now' || name === 'random' ? numberUpTo(name === 'random' ? 1 : null) : UNKNOWN;
  }
}

type Options = ReadonlyMap<string, Value>;

function agent(machine: Machine, prompt: Value, given: Value, at: AnyNode, name: string): Value {
  const options = optionsOf(given);
  const nested = options.get('rlm');
  if (nested !== undefined && truthOf(nested) !== false) {
    return rlm(
      machine,
      nested.kind === 'object' ? { ...nested, members: new Map([...options, ...nested.members]) } : given,
      at,
    );
  }
  warnUnknown(machine, at, name, options, AGENT_OPTIONS);
  const schema = toJson(options.get('schema') ?? UNDEFINED);
  const details = {
    ...common(options),
    label: labelOf(options.get('label') ?? prompt),
    promptChars: shownOf(prompt).length,
  };
  add(machine, at, 'agent', options, {
    ...details,
    agentType: textOf(options, 'agentType'),
    tools: toolsOf(options.get('tools')),
  });
  const value = ofSchema(options.has('schema') ? schema : { type: 'string' }, details.label ?? '');
  return name === 'agent' ? value : { kind: 'object', members: new Map([['value', value]]), open: true };
}

function rlm(machine: Machine, given: Value, at: AnyNode): Value {
  const options = optionsOf(given);
  warnUnknown(machine, at, 'rlm', options, RLM_OPTIONS);
  const calls = toJson(memberIn(options.get('budget') ?? UNDEFINED, 'calls'));
  const details = { ...common(options), label: labelOf(options.get('label') ?? UNDEFINED) };
  add(machine, at, 'rlm', options, { ...details, innerCalls: typeof calls === 'number' ? calls : null });
  return ofSchema(toJson(options.get('schema') ?? UNDEFINED), details.label ?? '');
}

function named(machine: Machine, kind: 'workflow' | 'call', ref: Value, at: AnyNode): Value {
  const path = memberIn(ref, 'scriptPath');
  const label = isText(ref) ? shownOf(ref) : isText(path) ? shownOf(path) : null;
  add(machine, at, kind, new Map(), { label });
  return data(label ?? kind);
}

function parallel(machine: Machine, given: Value, at: AnyNode): Value {
  const list = itemsOf(given, given.kind === 'data' ? given.what : '');
  const group = add(machine, at, 'parallel', new Map(), { items: list.length.max });
  const run = (item: Value): Value =>
    item.kind === 'closure' || item.kind === 'native' ? machine.call(item, [], at) : item;
  return machine.within({ group }, () => machine.each(list, run));
}

function pipeline(machine: Machine, given: Value, stages: readonly Value[], at: AnyNode): Value {
  const list = itemsOf(given, given.kind === 'data' ? given.what : '');
  const group = add(machine, at, 'pipeline', new Map(), { items: list.length.max, stages: stages.length });
  const walk = (item: Value, index: Value): Value =>
    stages.reduce((before, stage) => machine.call(stage, [before, item, index], at), item);
  const done = machine.within({ group }, () => machine.each(list, walk));
  return done.items === null ? listOfLength(done.each, list.length) : done;
}

function add(
  machine: Machine,
  at: AnyNode,
  kind: Parameters<Machine['book']['add']>[1],
  options: Options,
  details: Details,
): number {
  const own = options.get('phase');
  const phase = own === undefined ? machine.phase : isText(own) ? shownOf(own) : '…';
  return machine.book.add(at, kind, phase, machine.frame, details).id;
}

function common(options: Options): Details {
  const tokens = options.get('maxOutputTokens');
  return {
    model: textOf(options, 'model'),
    schema: options.has('schema'),
    maxOutputTokens: tokens === undefined ? null : maxOf(tokens),
  };
}

/** `?` for one that is computed. */
function textOf(options: Options, name: string): string | null {
  const value = options.get(name);
  if (value === undefined || truthOf(value) === false) return null;
  return isText(value) ? shownOf(value) : '?';
}

function toolsOf(value: Value | undefined): string[] | null {
  const json = value === undefined ? null : toJson(value);
  if (json === null || typeof json === 'string') return json === null ? null : json.split(/[\s,]+/).filter(Boolean);
  return Array.isArray(json) ? json.map(String) : ['?'];
}

function labelOf(value: Value): string | null {
  return isText(value) ? firstLineOf(shownOf(value), '') : null;
}

function optionsOf(value: Value): Options {
  return value.kind === 'object' ? value.members : new Map();
}

function memberIn(value: Value, name: string): Value {
  return value.kind === 'object' ? (value.members.get(name) ?? UNDEFINED) : UNDEFINED;
}

function warnUnknown(
  machine: Machine,
  at: AnyNode,
  hook: string,
  options: Options,
  known: readonly { name: string }[],
): void {
  for (const name of options.keys()) {
    if (known.some((option) => option.name === name)) continue;
    const names = known.map((option) => option.name).join(', ');
    machine.book.warnings.add(`Line ${machine.book.lineOf(at)}: ${hook}() has no option ${name}. There are ${names}.`);
  }
}
