import { faultAt } from './errors.js';
import { NativePromise, parseJson, stringify } from './intrinsics.js';

/**
 * The guest's end of the wire (protocol/guest.ts). `post` stays in this closure: the script cannot reach it. Messages are
 * put together from JSON texts, so no `toJSON` or setter on a prototype can change their shape.
 */
let post;
let lastId = 0;
/** Calls that have no answer yet, by id. */
const waiting = { __proto__: null };

/** What comes with each settlement (W3), and the current group. */
export const state = { __proto__: null, now: 0, spent: 0, calls: 0, usd: 0, ms: 0, phase: null };

export function connect(hostFunction) {
  post = hostFunction;
}

export function say(type, members) {
  post('{"type":"' + type + '",' + members + '}');
}

/**
 * Asks the host. `argsText` is the JSON text of the arguments, without brackets; `site` is an error made where the script
 * called, which becomes the reason of a rejection.
 * @returns a promise of the settlement's value
 */
export function call(name, argsText, site) {
  return new NativePromise((resolve, reject) => {
    request(name, argsText, (settlement) => {
      if (settlement.ok) resolve(settlement.value);
      else reject(faultAt(site, settlement.error));
    });
  });
}

/** {@link call} with a plain callback. @returns the call's id */
export function request(name, argsText, settled) {
  const id = ++lastId;
  waiting[id] = settled;
  say('call', '"id":' + id + ',"name":"' + name + '","args":[' + argsText + '],"phase":' + stringify(state.phase));
  return id;
}

/** Gives a call up. @returns whether it was still waiting */
export function drop(id) {
  if (waiting[id] === undefined) return false;
  delete waiting[id];
  say('drop', '"id":' + id);
  return true;
}

/** Takes what the host tells with its first message and with each settlement. */
export function update({ now, spent, calls, usd, ms }) {
  state.now = now;
  state.spent = spent;
  state.calls = calls;
  state.usd = usd;
  state.ms = ms;
}

export function receive(text) {
  const settlement = parseJson(text);
  update(settlement);
  const settled = waiting[settlement.id];
  if (settled === undefined) return;
  delete waiting[settlement.id];
  settled(settlement);
}
