/** Functions of the REPL that give a promise (rlm.md "Names in the REPL"), with the aliases that other systems use. */
export const HOST_CALLS: ReadonlySet<string> = new Set([
  'llm_query',
  'llm_query_batched',
  'rlm_query',
  'rlm_query_batched',
  'agent',
  'parallel',
  'pipeline',
  'workflow',
  'sleep',
  'sub_rlm',
  'recursive_llm',
  'call_llm',
  'batch_llm_query',
  'llm_batch',
  'llm_query_parallel',
  'batch_rlm_query',
]);

/** Host calls whose arguments may hold promises: these are combined, so none of them is awaited alone. */
export const COMBINERS: ReadonlySet<string> = new Set(['parallel', 'pipeline']);

export const PROMISE_COMBINERS: ReadonlySet<string> = new Set(['all', 'allSettled', 'race', 'any']);

export const PROMISE_METHODS: ReadonlySet<string> = new Set(['then', 'catch', 'finally']);

/** Globals that never give a promise: awaiting them would only cost a turn of the job queue. */
export const SYNCHRONOUS: ReadonlySet<string> = new Set([
  'print',
  'log',
  'phase',
  'now',
  'random',
  'FINAL',
  'FINAL_VAR',
  'SUBMIT',
  'SHOW_VARS',
  'budget',
  'Array',
  'BigInt',
  'Boolean',
  'Date',
  'Error',
  'Number',
  'Object',
  'RegExp',
  'String',
  'Symbol',
  'decodeURI',
  'decodeURIComponent',
  'encodeURI',
  'encodeURIComponent',
  'isFinite',
  'isNaN',
  'parseFloat',
  'parseInt',
  'structuredClone',
]);
