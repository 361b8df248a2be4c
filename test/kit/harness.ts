/**
 * Runs scripts on the suite's real server with a real worker and a scripted provider, and replays every workflow that a
 * test started: a script that cannot be replayed exactly fails its test.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type SearchAttributes } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { readRun } from '../../client/view/read.ts';
import type { ContextRef } from '../../protocol/context.ts';
import type { EffectSettings } from '../../protocol/effects.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS, RLM } from '../../protocol/limits.ts';
import type { RlmInput, RlmOptions, RlmPrompts, RlmResult, ToolModule } from '../../protocol/rlm.ts';
import { taskQueueOf, WORKFLOWS } from '../../protocol/names.ts';
import type { AgentDefinition, RunInput, RunLimits, ScriptInput } from '../../protocol/run-input.ts';
import type { ScriptResult } from '../../protocol/script-result.ts';
import { BUILT_IN_AGENTS } from '../../protocol/built-in-agents.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { ingestText } from '../../store/contexts/ingest.ts';
import { contextOfValue, putContext } from '../../store/contexts/refs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { createWorker } from '../../worker/worker.ts';
import {
  startProvider,
  type ProviderScript,
  type SeenRequest,
  type TestProvider,
} from '../../testing/provider/index.ts';
import { openReplayer } from './replayer.ts';

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
  searchAttributes?: SearchAttributes;
  /** Run whose finished calls are reused. */
  resumeFrom?: string;
  /** Events after which a script continues as new. */
  continueEvents?: number;
  file?: string;
  id?: string;
  toolModule?: ToolModule;
  effects?: EffectSettings;
}

export interface RlmRunOptions extends RunOptions {
  /** A text, or named texts, or a value; default: none. */
  context?: string | { files: { name: string; text: string }[] } | { value: Json };
  rlm?: Partial<RlmOptions>;
  prompts?: RlmPrompts;
  toolModule?: ToolModule;
}

export interface RlmRan {
  result: RlmResult;
  requests: SeenRequest[];
  handle: WorkflowHandle;
}

export interface Ran {
  result: ScriptResult;
  requests: SeenRequest[];
  handle: WorkflowHandle;
}

export interface Harness {
  readonly client: Client;
  readonly store: Store;
  readonly provider: TestProvider;
  start(source: string, options?: RunOptions): Promise<WorkflowHandle>;
  /** Everything the run said, from its history. */
  story(handle: WorkflowHandle): Promise<string[]>;
  /** Runs to the end and gives the result, also of a failed run. */
  run(source: string, options?: RunOptions): Promise<Ran>;
  /** A run that another process started on this store's queue: it is replayed after the test as well. */
  adopt(run: string): void;
  /** How the provider answers from now on. */
  answer(script: ProviderScript): void;
  /** Its history is gone: it is not replayed after the test. */
  forget(run: string): void;
  /** Starts a recursive language model as a run of its own. */
  startRlm(question: string, options?: RlmRunOptions): Promise<WorkflowHandle>;
  rlm(question: string, options?: RlmRunOptions): Promise<RlmRan>;
}

const TEST_MODEL = 'openai-chat/test';

/** The suite's one bundle of the workflows (global-server.ts). */
export function sharedBundle(): { codePath: string } {
  installRuntime();
  return { codePath: inject('workflowBundle') };
}

interface World {
  client: Client;
  store: Store;
  provider: TestProvider;
  setScript(script: ProviderScript): void;
  /** Replays an ended run and its children. */
  replay(run: string): Promise<void>;
  close(): Promise<void>;
}

/** A store, a worker on its queue, and a provider that it asks. The script counts its requests from 1. */
async function openWorld(): Promise<World> {
  const address = inject('temporalAddress');
  const workflowBundle = sharedBundle();
  const store = openStore(mkdtempSync(path.join(tmpdir(), 'braid-test-')));
  let seen = 0;
  let script: ProviderScript = () => 'ok';
  const provider = await startProvider((request, n) => script(request, n - seen));
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'test-key' };
  const native = await NativeConnection.connect({ address });
  const worker = await createWorker({ connection: native, namespace: 'default', store, env, workflowBundle });
  const running = worker.run();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, dataConverter: { payloadCodecs: [createPayloadCodec(store)] } });
  const replayer = openReplayer(client, store, workflowBundle);
  const setScript = (next: ProviderScript) => {
    script = next;
    seen = provider.requests.length;
  };
  const close = async () => {
    worker.shutdown();
    await Promise.all([running, replayer.close()]);
    await connection.close();
    await native.close();
    await provider.close();
  };
  return { client, store, provider, setScript, replay: (run) => replayer.replay(run), close };
}

export function useHarness(): Harness {
  let world: World;
  const started: WorkflowHandle[] = [];
  beforeAll(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    for (const { workflowId } of started.splice(0)) await world.replay(workflowId);
  });
  afterAll(() => world.close());

  const start: Harness['start'] = async (source, options = {}) => {
    world.setScript(options.provider ?? (() => 'ok'));
    const handle = await world.client.workflow.start(WORKFLOWS.script, {
      taskQueue: taskQueueOf(world.store.id),
      workflowId: options.id ?? `t-${randomUUID().slice(0, 8)}`,
      workflowTaskTimeout: LIMITS.workflowTaskMs,
      args: [scriptInput(source, options)],
      ...(options.searchAttributes === undefined ? {} : { searchAttributes: options.searchAttributes }),
    });
    started.push(handle);
    return handle;
  };
  const startRlm: Harness['startRlm'] = async (question, options = {}) => {
    world.setScript(options.provider ?? (() => 'ok'));
    const handle = await world.client.workflow.start(WORKFLOWS.rlm, {
      taskQueue: taskQueueOf(world.store.id),
      workflowId: options.id ?? `t-${randomUUID().slice(0, 8)}`,
      workflowTaskTimeout: LIMITS.workflowTaskMs,
      args: [await rlmInput(world.store, question, options)],
    });
    started.push(handle);
    return handle;
  };
  return {
    get client() {
      return world.client;
    },
    get store() {
      return world.store;
    },
    get provider() {
      return world.provider;
    },
    start,
    story: async ({ workflowId }) => (await readRun(world.client, workflowId)).notes.map((note) => note.text),
    adopt: (run) => void started.push(world.client.workflow.getHandle(run)),
    answer: (script) => world.setScript(script),
    forget: (run) => {
      const at = started.findIndex(({ workflowId }) => workflowId === run);
      if (at >= 0) started.splice(at, 1);
    },
    startRlm,
    rlm: async (question, options) => {
      const before = world.provider.requests.length;
      const handle = await startRlm(question, options);
      const result = await resultOf<RlmResult>(handle);
      return { result, requests: world.provider.requests.slice(before), handle };
    },
    run: async (source, options) => {
      const before = world.provider.requests.length;
      const handle = await start(source, options);
      const result = await resultOf(handle);
      return { result, requests: world.provider.requests.slice(before), handle };
    },
  };
}

/** The result of a workflow, also of a failed one (S2). */
export async function resultOf<R = ScriptResult>(handle: WorkflowHandle): Promise<R> {
  try {
    return (await handle.result()) as R;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.details?.[0] !== undefined) return cause.details[0] as R;
    throw error;
  }
}

function scriptInput(source: string, options: RunOptions): ScriptInput {
  const file = options.file ?? 'script.js';
  const checked = checkScript(source, { file });
  return {
    source: checked.source,
    sourceHash: 'test',
    name: checked.name,
    file,
    meta: checked.meta,
    args: options.args ?? null,
    hasArgs: options.args !== undefined,
    warnings: [],
    ...shared(options),
  };
}

function shared(options: RunOptions): RunInput {
  const model = options.model ?? TEST_MODEL;
  return {
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
    keepJournal: true,
    steerable: true,
    mayChange: true,
    ...(options.effects === undefined ? {} : { effects: options.effects }),
    ...(options.toolModule === undefined ? {} : { toolModule: options.toolModule }),
    ...(options.resumeFrom === undefined ? {} : { resumeFrom: options.resumeFrom }),
    ...(options.continueEvents === undefined ? {} : { continueEvents: options.continueEvents }),
  };
}

export async function rlmInput(store: Store, question: string, options: RlmRunOptions): Promise<RlmInput> {
  const model = options.model ?? TEST_MODEL;
  return {
    ...shared(options),
    name: question.slice(0, 60),
    question,
    asked: { head: question.slice(0, RLM.questionChars), length: question.length },
    context: await contextFor(store, options.context),
    rlm: {
      model,
      subModel: model,
      system: null,
      schema: null,
      maxIterations: RLM.iterations,
      depth: RLM.depth,
      maxOutputTokens: null,
      effort: null,
      compactChars: RLM.compactChars,
      ...options.rlm,
    },
    prompts: options.prompts ?? {},
    toolModule: options.toolModule ?? null,
    replEngine: REPL_ENGINE_HASH,
  };
}

async function contextFor(store: Store, context: RlmRunOptions['context']): Promise<ContextRef | null> {
  if (context === undefined) return null;
  if (typeof context === 'string') return contextOfValue(store, context);
  if ('value' in context) return contextOfValue(store, context.value);
  const parts = await Promise.all(context.files.map(({ name, text }) => ingestText(store, text, { name })));
  return putContext(store, 'files', parts, 'the files');
}
