import { END, type EngineExports, type Pointer } from './exports.ts';
import type { WasmMemory } from './wasm.ts';

/** The host's side of one engine. */
export interface EngineHost {
  /** Milliseconds since 1970, as the guest's clock shows them. */
  now(): number;
  /** The guest called its one host function; `argument` is the address of the first argument's value. Gives the address of
   * the value to return, which the engine frees, or 0 for undefined. What it throws unwinds through the engine: the guest can
   * neither catch it nor go on. */
  called(argument: Pointer): Pointer;
}

/** Source of every module that a guest tries to `import()`: the promise is rejected with this error. */
const NO_MODULES =
  'throw Object.assign(new Error("import() is not available: a script has no modules; use the hooks and built-ins of the ' +
  'dialect."), { code: "BRAID_SCRIPT_FORBIDDEN" });';

const TM_BYTES = 44;
export const PAGE = 65_536;
const STEP_PAGES = 256;

/**
 * Everything the engine can ask of its host. Nothing here tells the machine's time, time zone, environment or files, and
 * the memory grows to its limit and no further: a request for more is the end of the guest.
 */
export function engineImports(
  memory: WasmMemory,
  host: EngineHost,
  engine: () => EngineExports,
): { env: { [name: string]: unknown } } {
  // Made for each use: growing detaches them.
  const view = (): DataView => new DataView(memory.buffer);
  return {
    env: {
      memory,
      call_function: (_context: Pointer, _self: Pointer, argc: number, argv: Pointer): Pointer => {
        return argc > 0 ? host.called(engine().QTS_ArgvGetJSValueConstPointer(argv, 0)) : 0;
      },
      // malloc comes here before it fails. Unwinding at once means that no code of the engine runs without memory:
      // after a failed allocation it is known to give wrong answers.
      resize_heap: (wanted: number): number => {
        if (grow(memory, wanted >>> 0)) return 1;
        engine().end.value = END.memory;
        throw new Error('out of memory');
      },
      load_module: (): Pointer => writeBytes(memory, engine(), new TextEncoder().encode(NO_MODULES)),
      date_now: () => host.now(),
      // A zeroed struct tm says UTC; the engine reads only its offset from it and computes dates itself.
      localtime: (_seconds: bigint, tm: Pointer) => void new Uint8Array(memory.buffer).fill(0, tm, tm + TM_BYTES),
      tzset: (zone: Pointer, daylight: Pointer) => {
        view().setInt32(zone, 0, true);
        view().setInt32(daylight, 0, true);
      },
      environ_get: () => 0,
      environ_sizes_get: (count: Pointer, size: Pointer) => {
        view().setInt32(count, 0, true);
        view().setInt32(size, 0, true);
        return 0;
      },
      assert_fail: broken('assertion failed'),
      abort: broken('aborted'),
      proc_exit: broken('exited'),
      // Never enabled, so never called: a call means that the engine is corrupt.
      should_interrupt: broken('asked for an interrupt'),
      normalize_module: broken('asked for a module name'),
      setitimer: broken('asked for a timer'),
      fd_write: broken('wrote to a file'),
      fd_seek: broken('moved in a file'),
      fd_close: broken('closed a file'),
      runtime_keepalive_clear: () => undefined,
      free_host_ref: () => undefined,
    },
  };
}

/** In steps of 16 MiB, so that a guest that fills its memory slowly does not grow it page by page. False at the limit. */
function grow(memory: WasmMemory, wanted: number): boolean {
  const missing = Math.ceil((wanted - memory.buffer.byteLength) / PAGE);
  for (const pages of [Math.max(missing, STEP_PAGES), missing]) {
    try {
      memory.grow(Math.max(0, pages));
      return true;
    } catch {
      continue;
    }
  }
  return false;
}

/** A copy in the engine's memory with a NUL behind it; the receiver frees it. */
export function writeBytes(memory: WasmMemory, engine: Pick<EngineExports, 'malloc'>, source: Uint8Array): Pointer {
  const pointer = engine.malloc(source.length + 1);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(source, pointer);
  bytes[pointer + source.length] = 0;
  return pointer;
}

function broken(what: string): () => never {
  return () => {
    throw new Error(`the engine ${what}`);
  };
}
