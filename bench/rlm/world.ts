/** A fresh store with a worker on it, and the library as a user calls it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Braid, type RlmContext } from '../../client/index.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { openStore } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { JOBS, modelOf, type Plan } from './jobs.ts';
import type { BenchProvider, RunFacts } from './provider.ts';
import { startWorkerProcess, type WorkerKind, type WorkerProcess } from './worker-process.ts';

export interface WorldOptions {
  /** Of the Temporal server. */
  address: string;
  provider: BenchProvider;
  worker: WorkerKind;
}

export interface Asked {
  /** From the library's call, with reading the context, to its answer. */
  ms: number;
  /** When the call was made, in ms since 1970: the provider's clock. */
  calledAt: number;
  /** The workflow's id. */
  id: string;
  facts: RunFacts;
}

export interface World {
  /** For the client of another process. */
  readonly env: NodeJS.ProcessEnv;
  readonly provider: BenchProvider;
  readonly worker: WorkerProcess;
  /** Looks into histories. */
  readonly client: Client;
  /** Asks and checks the answer. */
  ask(plan: Plan, context: RlmContext, options: AskOptions): Promise<Asked>;
  /** After a kill. */
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

export interface AskOptions {
  /** Calls in flight at once. */
  window: number;
}

/** What starting nodes and asking again after a kill may add to a job's own calls. */
const MAX_CALLS = 10 * LIMITS.maxCalls;

export async function openWorld({ address, provider, worker }: WorldOptions): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'braid-bench-rlm-'));
  const env = environment(address, home, provider.url);
  const start = () => startWorkerProcess(worker, home, env);
  let running = await start();
  const braid = await Braid.connect({ env, start: 'nothing' });
  const client = new Client({
    connection: await Connection.connect({ address }),
    dataConverter: { payloadCodecs: [createPayloadCodec(openStore(home))] },
  });
  return {
    env,
    provider,
    client,
    get worker() {
      return running;
    },
    ask: async (plan, context, options) => {
      const { ms, calledAt, id } = await askBraid(braid, plan, context, options);
      return { ms, calledAt, id, facts: await provider.facts(plan.run) };
    },
    startWorker: async () => {
      running = await start();
    },
    close: async () => {
      await braid.close();
      await client.connection.close();
      await running.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** One run of a job through the library. Throws when it does not end with the right answer. */
export async function askBraid(
  braid: Braid,
  plan: Plan,
  context: RlmContext,
  { window }: AskOptions,
): Promise<Omit<Asked, 'facts'>> {
  const calledAt = Date.now();
  const startedAt = performance.now();
  const handle = await braid.rlm('How much is there?', {
    context,
    model: `openai-chat/${modelOf(plan)}`,
    subModel: `openai-chat/${modelOf({ ...plan, job: 'child' })}`,
    limits: { concurrency: window, maxCalls: MAX_CALLS },
    workspace: false,
  });
  const { status, value, error, partial } = await handle.result();
  const ms = performance.now() - startedAt;
  const wanted = JOBS[plan.job].value(plan.count);
  if (status !== 'completed' || value !== wanted) {
    const why = error?.message ?? partial ?? '';
    throw new Error(`${modelOf(plan)} ended as ${status} with ${JSON.stringify(value)} instead of ${wanted}. ${why}`);
  }
  return { ms, calledAt, id: handle.id };
}

/** Nothing of the caller's settings but what a program needs to run. */
function environment(address: string, home: string, url: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    ...{ PATH, HOME, TMPDIR },
    TEMPORAL_ADDRESS: address,
    BRAID_HOME: home,
    OPENAI_BASE_URL: url,
    OPENAI_API_KEY: 'bench',
  };
}
