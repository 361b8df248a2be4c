/**
 * One QuickJS: an instance of the metered wasm with memory, stack and clock of its own.
 *
 *  E1  Opened synchronously, with what both Node and the workflow isolate have: no timers, files, fetch, Buffer.
 *  E2  The memory begins small and grows to its limit in steps that depend on the guest alone. Growing detaches views, so none
 *      is kept: V8 counts a memory's whole size as pressure on its heap, and 64 MiB for each small script means a full
 *      collection for each.
 *  E3  After anything was thrown out of a call the instance is spent: drop it. It is never disposed of either: that
 *      would run the engine's code once more, on a heap the guest has made.
 *  E4  It starts as a copy of an image that was taken when Braid was built (scripts/sandbox/boot-image.mjs), not by evaluation.
 *  E5  Guest values never leave: only text goes in, and only the text given to the one host function comes out.
 *  E6  Between calls the linear memory is the whole state: the stack is empty and no global of the wasm differs from a fresh
 *      instance's but `gas`. What {@link Engine.save} gives, an engine of the same image goes on from.
 */
import type { EngineImage } from './image.ts';
import { engineImports, PAGE, writeBytes, type EngineHost } from './imports.ts';
import type { EngineExports, Pointer } from './exports.ts';
import { addPages, baselineOf, changedPages, unpack, type SavedMemory } from './pages.ts';
import { quickjs } from './wasm-module.ts';
import { Wasm, type WasmMemory } from './wasm.ts';

export interface EngineOptions {
  /** Limit of the linear memory, 5.1 MiB of which are the engine's own. A multiple of 64 KiB. */
  memoryBytes: number;
  /** Stack of the guest; the thread's own must be about 30 times as large (facts §3). */
  stackBytes: number;
  now(): number;
  /** Gets the text of each call of the host function, which returns the text given back, or undefined. A text with a NUL or
   * a lone surrogate would arrive changed: give JSON instead. */
  posted(text: string): string | undefined;
}

/** An engine at rest: its memory and the addresses that its host knows. */
export interface SavedEngine extends SavedMemory {
  slot: Pointer;
}

/** 16 MiB: most scripts need no more. */
const FIRST_PAGES = 256;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class Engine {
  readonly #memory: WasmMemory;
  readonly #call: EngineExports;
  readonly #image: EngineImage;
  readonly #runtime: Pointer;
  readonly #context: Pointer;
  /** Room for one argument's address or the context of the last job. */
  readonly #slot: Pointer;

  /** The guest function that begins everything, made when the image was built. */
  readonly start: Pointer;

  /** `saved` must come from an engine of the same image, with the same limits. */
  constructor(options: EngineOptions, image: EngineImage, saved?: SavedEngine) {
    const maximum = options.memoryBytes / PAGE;
    const initial = saved === undefined ? Math.min(FIRST_PAGES, maximum) : saved.memoryBytes / PAGE;
    this.#memory = new Wasm.Memory({ initial, maximum });
    const host: EngineHost = {
      now: options.now,
      called: (argument) => {
        const reply = options.posted(this.#textOf(argument));
        return reply === undefined ? 0 : this.string(reply);
      },
    };
    const imports = engineImports(this.#memory, host, () => this.#call);
    // The exports are what the build named; it is pinned by hash, so this is the one cast of the border.
    this.#call = new Wasm.Instance(quickjs, imports).exports as unknown as EngineExports;
    unpack(image.memory, new Uint8Array(this.#memory.buffer), 0);
    this.#image = image;
    this.#runtime = image.runtime;
    this.#context = image.context;
    this.start = image.start;
    if (saved !== undefined) addPages(saved, this.#memory.buffer);
    else this.#call.QTS_RuntimeSetMaxStackSize(this.#runtime, options.stackBytes);
    this.#slot = saved?.slot ?? this.#call.malloc(4);
  }

  /** Size of the linear memory. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** What differs from a fresh engine. Between calls only (E6). */
  save(): SavedEngine {
    return { ...changedPages(this.#memory.buffer, baselineOf(this.#image)), slot: this.#slot };
  }

  /** Gas left. Setting it before each call is the caller's duty; a fresh engine has no limit. */
  get gas(): number {
    return Number(this.#call.gas.value);
  }

  set gas(units: number) {
    this.#call.gas.value = BigInt(units);
  }

  /** See {@link END}. */
  get end(): number {
    return this.#call.end.value;
  }

  string(text: string): Pointer {
    const source = this.#write(text);
    const value = this.#call.QTS_NewString(this.#context, source);
    this.#call.free(source);
    return value;
  }

  /** Evaluates a classic script. `error` is the value that it threw. */
  eval(source: string, fileName: string): { value: Pointer } | { error: Pointer } {
    const encoded = new TextEncoder().encode(source);
    const code = writeBytes(this.#memory, this.#call, encoded);
    const file = this.#write(fileName);
    const value = this.#call.QTS_Eval(this.#context, code, encoded.length, file, 0, 0);
    this.#call.free(code);
    this.#call.free(file);
    return this.#resolve(value);
  }

  /** Calls a guest function with one argument, which is freed. */
  call(fn: Pointer, argument: Pointer): { value: Pointer } | { error: Pointer } {
    new DataView(this.#memory.buffer).setUint32(this.#slot, argument, true);
    const value = this.#call.QTS_Call(this.#context, fn, this.#call.QTS_GetUndefined(), 1, this.#slot);
    this.free(argument);
    return this.#resolve(value);
  }

  /** Runs jobs until none is pending. Errors of jobs belong to promises, so there is nobody to tell. */
  drainJobs(): void {
    while (this.#call.QTS_IsJobPending(this.#runtime) !== 0) {
      const done = this.#call.QTS_ExecutePendingJob(this.#runtime, -1, this.#slot);
      this.#call.QTS_FreeValuePointerRuntime(this.#runtime, done);
    }
  }

  free(value: Pointer): void {
    this.#call.QTS_FreeValuePointer(this.#context, value);
  }

  #resolve(value: Pointer): { value: Pointer } | { error: Pointer } {
    const error = this.#call.QTS_ResolveException(this.#context, value);
    if (error === 0) return { value };
    this.free(value);
    return { error };
  }

  #write(text: string): Pointer {
    return writeBytes(this.#memory, this.#call, new TextEncoder().encode(text));
  }

  /** UTF-8 up to the first NUL: right for JSON text only, which has no NUL and no lone surrogate. */
  #textOf(value: Pointer): string {
    const start = this.#call.QTS_GetString(this.#context, value);
    if (start === 0) throw new Error('the engine posted no text');
    const bytes = new Uint8Array(this.#memory.buffer);
    const text = decoder.decode(bytes.subarray(start, bytes.indexOf(0, start)));
    this.#call.QTS_FreeCString(this.#context, start);
    return text;
  }
}
