/** Address of something in the engine's memory; 0 is none. */
export type Pointer = number;

/** What Braid calls in the engine. The names are given back by the build (see scripts/sandbox/meter-engine.mjs). */
export interface EngineExports {
  /** Gas left, as M1 of the build counts it. */
  readonly gas: { value: bigint };
  /** Why the engine trapped: see {@link END}. */
  readonly end: { value: number };
  malloc(size: number): Pointer;
  free(pointer: Pointer): void;
  QTS_RuntimeSetMaxStackSize(runtime: Pointer, bytes: number): void;
  QTS_NewString(context: Pointer, text: Pointer): Pointer;
  QTS_GetString(context: Pointer, value: Pointer): Pointer;
  QTS_FreeCString(context: Pointer, text: Pointer): void;
  QTS_FreeValuePointer(context: Pointer, value: Pointer): void;
  QTS_FreeValuePointerRuntime(runtime: Pointer, value: Pointer): void;
  QTS_ArgvGetJSValueConstPointer(argv: Pointer, index: number): Pointer;
  QTS_GetUndefined(): Pointer;
  QTS_Call(context: Pointer, fn: Pointer, self: Pointer, argc: number, argv: Pointer): Pointer;
  QTS_Eval(context: Pointer, code: Pointer, length: number, file: Pointer, detectModule: 0, flags: 0): Pointer;
  /** The error that `value` stands for, or 0 when it is a value. */
  QTS_ResolveException(context: Pointer, value: Pointer): Pointer;
  QTS_IsJobPending(runtime: Pointer): 0 | 1;
  /** Runs up to `max` jobs (-1: all); an error of a job ends the batch. */
  QTS_ExecutePendingJob(runtime: Pointer, max: number, lastContext: Pointer): Pointer;
}

/** Values of the global `end`: an error that the guest could have caught became a trap. */
export const END = { none: 0, stack: 1, memory: 2 } as const;
