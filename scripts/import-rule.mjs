/**
 * The import rule of the repository: what each folder may know (docs/architecture.md). Checked by scripts/check-imports.mjs.
 *
 * `zones`    folders whose modules may be imported, beside the folder's own
 * `types`    folders of which only types may be imported
 * `lazy`     per file: folders that it may `import()` when it is asked for, because loading them is slow or rarely needed
 * `packages` the packages that may be imported, or `any`; `not` takes some out
 * `node`     whether Node's own modules may be imported
 */
export const IMPORT_RULE = {
  protocol: { why: 'it is what crosses a border', zones: [], packages: ['@noble/hashes'], node: false },
  sandbox: {
    why: 'the same code runs in the workflow isolate and in Node',
    zones: ['protocol'],
    // The validator judges without generating code, which neither an isolate nor a thread for hostile schemas may do.
    packages: ['acorn', 'core-js-pure', '@cfworker/json-schema'],
    node: false,
  },
  workflows: {
    why: 'workflow code is deterministic and runs in an isolate',
    zones: ['protocol', 'sandbox'],
    packages: ['@temporalio/workflow', '@temporalio/common', 'fastest-levenshtein'],
    node: false,
  },
  store: {
    why: 'clients and workers share it',
    zones: ['protocol'],
    packages: 'any',
    not: [
      '@temporalio/workflow',
      '@temporalio/worker',
      '@temporalio/activity',
      '@temporalio/client',
      '@temporalio/testing',
    ],
    node: true,
  },
  histories: {
    why: 'clients and activities read histories alike',
    zones: ['protocol'],
    packages: 'any',
    not: ['@temporalio/workflow', '@temporalio/worker', '@temporalio/activity', '@temporalio/testing'],
    node: true,
  },
  activities: {
    why: 'activities know neither the workflow that calls them nor the worker that hosts them',
    zones: ['protocol', 'sandbox', 'store', 'histories'],
    packages: 'any',
    not: ['@temporalio/workflow', '@temporalio/worker', '@temporalio/client', '@temporalio/testing'],
    node: true,
  },
  server: {
    why: 'it finds and starts servers for whoever asks',
    zones: ['protocol'],
    packages: 'any',
    not: ['@temporalio/workflow', '@temporalio/activity'],
    node: true,
  },
  client: {
    why: 'a client runs where no worker is, and starts fast',
    zones: ['protocol', 'sandbox', 'store', 'server', 'histories'],
    types: ['workflows', 'activities'],
    packages: 'any',
    not: [
      '@temporalio/workflow',
      '@temporalio/worker',
      '@temporalio/activity',
      '@temporalio/testing',
      'ai',
      '@ai-sdk/openai',
    ],
    node: true,
  },
  'client/cli': {
    why: 'a command loads a worker only when it runs one',
    zones: ['protocol', 'sandbox', 'store', 'server', 'histories', 'client'],
    types: ['workflows', 'activities', 'worker'],
    lazy: {
      'client/cli/run-dev.ts': ['worker'],
      'client/cli/run-worker.ts': ['worker'],
      'client/cli/doctor-shell.ts': ['activities'],
    },
    packages: 'any',
    not: [
      '@temporalio/workflow',
      '@temporalio/worker',
      '@temporalio/activity',
      '@temporalio/testing',
      'ai',
      '@ai-sdk/openai',
    ],
    node: true,
  },
  worker: {
    why: 'it joins workflows and activities; workflow code reaches it as a bundle, by path',
    zones: ['protocol', 'store', 'server', 'histories', 'activities'],
    types: ['workflows'],
    packages: 'any',
    not: ['@temporalio/workflow', '@temporalio/testing'],
    node: true,
  },
  testing: {
    why: 'it runs all of Braid inside the tests of a user',
    zones: ['protocol', 'sandbox', 'store', 'server', 'histories', 'client', 'worker', 'activities'],
    types: ['workflows'],
    packages: 'any',
    node: true,
  },
};
