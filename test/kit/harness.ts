/**
 * Runs scripts on the suite's real server with a real worker and a scripted provider, and replays every workflow that a
 * test started: a script that cannot be replayed exactly fails its test.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, type Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { readRun } from '../../client/view/read.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { taskQueueOf, WORKFLOWS } from '../../protocol/names.ts';
import type { AgentDefinition, RunLimits, ScriptInput } from '../../protocol/run-input.ts';
import type { ScriptResult } from '../../protocol/script-result.ts';
import { BUILT_IN_AGENTS } from '../../protocol/built-in-agents.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { replayRun } from '../../testing/replay.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { createWorker } from '../../worker/worker.ts';
import { startProvider, type ProviderScript, type SeenRequest, type TestProvider } from '../../testing/provider/index.ts';

export interface RunOptions {
  provider?: ProviderScript;
  args?: Json;
  limits?: Partial<RunLimits>;
  /** Absolute path of a workspace; default: none, so that agents are single calls. */
  workspace?: string;
  base?: string;
  model?: string;
  aliases?: { [name: string]: string };
  agents?: { [name: string]: AgentDefinition };
  strict?: boolean;
  file?: string;
  id?: string;
}

export interface Ran {
  result: ScriptResult;
  requests: SeenRequest[];
  handle: WorkflowHandle;
}

export interface Harness {
  readonly client: Client;
  readonly store: Store;
  readonly taskQueue: string;
  readonly provider: TestProvider;
  start(source: string, options?: RunOptions): Promise<WorkflowHandle>;
  /** Everything the run said, from its history. */
  story(handle: WorkflowHandle): Promise<string[]>;
  /** Runs to the end and gives the result, also of a failed run. */
  run(source: string, options?: RunOptions): Promise<Ran>;
}

export const TEST_MODEL = 'openai-chat/test';

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** One bundle for all files of a vitest process: bundling takes a second. */
export function sharedBundle(): Promise<WorkflowBundleWithSourceMap> {
  installRuntime();
  bundle ??= bundleWorkflows();
  return bundle;
}

export function useHarness(): Harness {
  let script: ProviderScript = () => 'ok';
  let seen = 0;
  let client: Client;
  let store: Store;
  let provider: TestProvider;
  let worker: Worker;
  let running: Promise<void>;
  const started: WorkflowHandle[] = [];

  beforeAll(async () => {
    const address = inject('temporalAddress');
    const workflowBundle = await sharedBundle();
    store = openStore(mkdtempSync(path.join(tmpdir(), 'braid-test-')));
    provider = await startProvider((request, n) => script(request, n - seen));
    const env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'test-key' };
    const connection = await NativeConnection.connect({ address });
    worker = await createWorker({ connection, namespace: 'default', store, env, workflowBundle });
    running = worker.run();
    client = new Client({
      connection: await Connection.connect({ address }),
      dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
    });
  });

  afterEach(async () => {
    for (const { workflowId } of started.splice(0)) await replayRun(client, store, await sharedBundle(), workflowId);
  });

  afterAll(async () => {
    worker.shutdown();
    await running;
    await client.connection.close();
    await provider.close();
  });

  const start = async (source: string, options: RunOptions = {}): Promise<WorkflowHandle> => {
    script = options.provider ?? (() => 'ok');
    seen = provider.requests.length;
    const input = scriptInput(source, options);
    const handle = await client.workflow.start(WORKFLOWS.script, {
      taskQueue: taskQueueOf(store.id),
      workflowId: options.id ?? `t-${randomUUID().slice(0, 8)}`,
      workflowTaskTimeout: LIMITS.workflowTaskMs,
      args: [input],
    });
    started.push(handle);
    return handle;
  };

  return {
    get client() {
      return client;
    },
    get store() {
      return store;
    },
    get taskQueue() {
      return taskQueueOf(store.id);
    },
    get provider() {
      return provider;
    },
    start,
    story: async ({ workflowId }) => (await readRun(client, workflowId)).notes.map((note) => note.text),
    run: async (source, options) => {
      const before = provider.requests.length;
      const handle = await start(source, options);
      const result = await resultOf(handle);
      return { result, requests: provider.requests.slice(before), handle };
    },
  };
}

/** The result of a script workflow, also of a failed one (S2). */
export async function resultOf(handle: WorkflowHandle): Promise<ScriptResult> {
  try {
    return (await handle.result()) as ScriptResult;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.details?.[0] !== undefined) return cause.details[0] as ScriptResult;
    throw error;
  }
}

export function scriptInput(source: string, options: RunOptions): ScriptInput {
  const file = options.file ?? 'script.js';
  const checked = checkScript(source, { file });
  const model = options.model ?? TEST_MODEL;
  return {
    source: checked.source,
    sourceHash: 'test',
    name: checked.name,
    file,
    meta: checked.meta,
    args: options.args ?? null,
    hasArgs: options.args !== undefined,
    warnings: [],
    limits: {
      concurrency: LIMITS.concurrency,
      maxCalls: LIMITS.maxCalls,
      maxRequests: null,
      maxOutputTokens: null,
      maxUsd: null,
      maxTimeMs: null,
      maxDepth: LIMITS.maxDepth,
      onLimit: 'stop',
      ...options.limits,
    },
    models: { main: model, sub: model, aliases: options.aliases ?? {} },
    agents: { ...BUILT_IN_AGENTS, ...options.agents },
    workspace: options.workspace === undefined ? null : { root: options.workspace, base: options.base ?? null },
    seed: 'test-seed',
    engine: ENGINE_HASH,
    strict: options.strict ?? false,
  };
}
