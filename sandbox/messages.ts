/**
 * What a guest posts, parsed as hostile (W4).
 *
 *  P1  Every message is rebuilt from known members of known types: nothing else of the guest's object survives.
 *  P2  Call ids only grow, so an id is never reused; `drop` names a call that was made.
 *  P3  Values are at most DEPTH deep and have no member named `__proto__`, so no walk over them can overflow the host's stack
 *      or change a prototype.
 */
import { BraidError } from '../protocol/errors.ts';
import { isMessageObject, type GuestCallName, type GuestMessage } from '../protocol/guest.ts';
import { isJsonObject, type Json, type JsonObject } from '../protocol/json.ts';
import { clean, tooDeep } from './depth.ts';

const LEVELS = ['log', 'debug', 'info', 'warn', 'error', 'null'] as const;

export class MessageParser {
  #lastId = 0;

  /** Throws BRAID_SANDBOX_PROTOCOL, or BRAID_SCRIPT_VALUE for a value that is too deep. */
  parse(text: string): GuestMessage {
    const message = parseJson(text);
    if (!isMessageObject(message)) throw forged('is no message');
    if (!clean(message, text)) throw tooDeep('A value that the script sent');
    switch (message.type) {
      case 'call':
        return this.#call(message);
      case 'drop':
        return { type: 'drop', id: this.#known(message['id']) };
      case 'phase':
        return phaseOf(message);
      case 'keep':
        return { type: 'keep', patch: message['patch'] ?? null };
      case 'log':
        return { type: 'log', level: levelOf(message['level']), text: string(message, 'text') };
      case 'done':
        return done(message);
      case 'fail':
        return fail(message);
      default:
        throw forged(`is of the unknown type ${JSON.stringify(message.type.slice(0, 40))}`);
    }
  }

  #call(message: JsonObject): GuestMessage {
    const { id, args, phase } = message;
    if (!isId(id) || id <= this.#lastId) throw forged('has no new id');
    this.#lastId = id;
    if (phase !== null && typeof phase !== 'string') throw forged('has no phase');
    if (!Array.isArray(args)) throw forged('has no arguments');
    return { type: 'call', id, name: checkedName(message['name'], args), args, phase };
  }

  #known(id: Json | undefined): number {
    if (!isId(id) || id > this.#lastId) throw forged('drops an unknown call');
    return id;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw forged('is no JSON', error);
  }
}

function checkedName(name: Json | undefined, args: Json[]): GuestCallName {
  const [first, second] = args;
  if (name === 'agent') {
    if (args.length !== 2 || typeof first !== 'string' || !(second === null || isJsonObject(second))) {
      throw forged('asks an agent wrongly');
    }
    return name;
  }
  if (name === 'rlm') {
    const third = args[2];
    if (args.length !== 3 || typeof first !== 'string' || !(third === null || isJsonObject(third))) {
      throw forged('asks a recursive model wrongly');
    }
    return name;
  }
  if (name === 'workflow') {
    const named = typeof first === 'string' || (isJsonObject(first) && typeof first['scriptPath'] === 'string');
    if (args.length > 2 || !named) throw forged('calls a workflow wrongly');
    return name;
  }
  if (name === 'ask' || name === 'approve') {
    const opts = args[name === 'ask' ? 1 : 2];
    if (
      args.length !== (name === 'ask' ? 2 : 3) ||
      typeof first !== 'string' ||
      !(opts === null || isJsonObject(opts))
    ) {
      throw forged('asks a person wrongly');
    }
    return name;
  }
  if (name === 'call') {
    if (args.length !== 2 || typeof first !== 'string') throw forged('calls nothing by name');
    return name;
  }
  if (name === 'describe') {
    if (args.length !== 1 || !(first === null || typeof first === 'string')) throw forged('describes nothing');
    return name;
  }
  if (name === 'merge') {
    if (args.length !== 1 || !Array.isArray(first)) throw forged('merges nothing');
    return name;
  }
  if (name !== 'sleep') throw forged('calls something unknown');
  if (args.length !== 1 || typeof first !== 'number' || first < 0) throw forged('sleeps wrongly');
  return name;
}

function phaseOf(message: JsonObject): GuestMessage {
  const title = string(message, 'title');
  const { budget } = message;
  return budget === undefined ? { type: 'phase', title } : { type: 'phase', title, budget };
}

function done(message: JsonObject): GuestMessage {
  const { value, warning } = message;
  if (value === undefined) throw forged('is done without a value');
  return warning === undefined ? { type: 'done', value } : { type: 'done', value, warning: string(message, 'warning') };
}

function fail(message: JsonObject): GuestMessage {
  const { error } = message;
  if (!isJsonObject(error)) throw forged('fails without an error');
  const known = { name: string(error, 'name'), message: string(error, 'message'), stack: string(error, 'stack') };
  return { type: 'fail', error: error['code'] === undefined ? known : { ...known, code: string(error, 'code') } };
}

function levelOf(level: Json | undefined): (typeof LEVELS)[number] {
  const found = LEVELS.find((known) => known === level);
  if (found === undefined) throw forged('has an unknown level');
  return found;
}

function string(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw forged(`has no text ${key}`);
  return value;
}

function isId(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function forged(what: string, cause?: unknown): BraidError {
  return new BraidError(
    'BRAID_SANDBOX_PROTOCOL',
    `A message at the sandbox border ${what}: the script must have forged it.`,
    { cause },
  );
}
