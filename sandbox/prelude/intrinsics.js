/**
 * Built-ins as they were before the script ran. The script may patch what it likes; the hooks use only these. Rules for the
 * files that the bridge needs (agents, bridge, budget, compose, errors, gates, json, main, speech, time):
 *
 *  G1  No `for…of`, spread or array destructuring (they look up a patchable iterator), no template literals (this engine
 *      makes them by `concat`), no method of a built-in prototype that is not captured here.
 *  G2  Objects whose members are looked up have no prototype, or all these members as their own.
 *  G3  An async function returns what it awaited, never a promise: that would be adopted by its patchable `then`.
 */
export const NativeArray = Array;
export const NativeDate = Date;
export const NativeError = Error;
export const NativePromise = Promise;
export const NativeTypeError = TypeError;
export const NativeRangeError = RangeError;
export const NativeNumber = Number;
export const NativeString = String;
export const NativeUint8Array = Uint8Array;

export const { isArray } = Array;
export const { parse: parseJson, stringify } = JSON;
export const { apply, construct, ownKeys } = Reflect;
export const { fromCharCode } = String;
export const { isFinite: isFiniteNumber } = Number;
export const evalGlobal = eval;

export const { defineProperty: define, hasOwn } = Object;

/** `f` with its receiver as first argument. */
const free = (f) => (self, a, b) => apply(f, self, [a, b]);

export const charCodeAt = free(String.prototype.charCodeAt);
export const slice = free(String.prototype.slice);
export const imul = Math.imul;

/** A text that carries something is an object; wherever a text is wanted, it is one. */
export function plain(value) {
  return value instanceof NativeString ? slice(value, 0) : value;
}

/** A plain data member, whatever setters the script has put on prototypes. */
export function put(object, key, value, enumerable = true) {
  define(object, key, { __proto__: null, value, enumerable, writable: true, configurable: true });
}

/** A global that a script may replace or shadow, not seen by enumeration: as the built-in ones are. */
export function expose(name, value) {
  put(globalThis, name, value, false);
}

/** Names a function for stacks and `f.name`: the build shortens the names of the source. */
export function named(name, f) {
  define(f, 'name', { __proto__: null, value: name, configurable: true });
  return f;
}

/** Globals that `make` gives as members of one object, made when the first of them is used. */
export function exposeLate(names, make) {
  const load = () => {
    // What loads may look for a native one: it must find nothing, not itself.
    for (let i = 0; i < names.length; i++) expose(names[i], undefined);
    const values = make();
    for (let i = 0; i < names.length; i++) expose(names[i], values[names[i]]);
  };
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    define(globalThis, name, {
      __proto__: null,
      configurable: true,
      get() {
        load();
        return globalThis[name];
      },
      set(value) {
        expose(name, value);
      },
    });
  }
}
