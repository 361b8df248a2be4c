/**
 * Tests of scripts: a real Temporal server on this machine, a real worker, and a model that answers as the test says. Nothing
 * is mocked between the script and the model's HTTP wire.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { buildScriptInput, type ScriptOptions } from '../client/input/script-input.ts';
import { RunHandle } from '../client/run-handle.ts';
import { newRunId, startRun } from '../client/start-run.ts';
import type { Json } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import { SEARCH_ATTRIBUTES, taskQueueOf } from '../protocol/names.ts';
import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { findServerBinary } from '../server/binary.ts';
import { dynamicConfigFlags } from '../server/dynamic-config.ts';
import { openStore } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { builtBundle, bundleWorkflows } from '../worker/bundle.ts';
import { installRuntime } from '../worker/runtime.ts';
import { createWorker } from '../worker/worker.ts';
import { startProvider, type ProviderScript, type SeenRequest } from './provider/index.ts';
import { replayRun } from './replay.ts';

export interface TestRunOptions extends Pick<ScriptOptions, 'cwd' | 'base' | 'flags'> {
  args?: Json;
  /** How the model answers; default: the text `ok`. */
  model?: ProviderScript;
  /** True gives agents the folder `cwd` to read; default false: each agent is a single call. */
  workspace?: boolean;
}

export interface TestRun {
  result: RunResult;
  /** What the model was asked, in order of arrival. */
  requests: SeenRequest[];
}

export interface TestKit {
  /** Runs a script (a path, or `{source, file}`) to its end, then replays it: a run that cannot be replayed rejects. */
  run(script: ScriptOptions['script'], options?: TestRunOptions): Promise<TestRun>;
  /** Replays an ended run again, for example with a newer build. */
  replay(run: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts server, worker and scripted model (about 3 s). Use one for all tests of a file, and close it. */
export async function createTestKit(): Promise<TestKit> {
  installRuntime();
  const home = mkdtempSync(path.join(tmpdir(), 'braid-testing-'));
  const store = openStore(home);
  const taskQueue = taskQueueOf(store.id);
  const provider = await startProvider(() => 'ok');
  const server = await localServer();
  const workflowBundle: WorkflowBundleOption = builtBundle() ?? (await bundleWorkflows());
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'test' };
  const connection = server.nativeConnection;
  const worker = await createWorker({
    connection,
    namespace: server.namespace ?? 'default',
    store,
    env,
    workflowBundle,
  });
  const running = worker.run();
  const client = new Client({
    connection: server.connection,
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
  });
  const replay = (run: string) => replayRun(client, store, workflowBundle, run);
  return {
    replay,
    run: async (script, { args, model, workspace, flags, ...place } = {}) => {
      provider.setScript(model ?? (() => 'ok'));
      const before = provider.requests.length;
      const run = newRunId('test');
      const given = args === undefined ? {} : { args: { value: args } };
      const settings = { model: 'openai-chat/test', ...flags };
      const built = await buildScriptInput({
        ...place,
        ...given,
        script,
        run,
        engine: ENGINE_HASH,
        flags: settings,
        workspace: workspace ?? false,
      });
      await startRun({ client, store, taskQueue }, run, built);
      const result = await new RunHandle(client, run).result();
      await replay(run);
      return { result, requests: provider.requests.slice(before) };
    },
    close: async () => {
      worker.shutdown();
      await running;
      await server.teardown();
      await provider.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** In memory and tuned like all servers that Braid starts. */
async function localServer(): Promise<TestWorkflowEnvironment> {
  const binary = await findServerBinary({ env: process.env, progress: (line) => process.stderr.write(`${line}\n`) });
  const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary },
      extraArgs: [...attributes, ...dynamicConfigFlags()],
    },
  });
}
