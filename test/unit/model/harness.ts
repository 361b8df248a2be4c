import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createModelActivity, type ModelActivityDeps } from '../../../activities/model/model-activity.ts';
import type { CallLogs, CallRecords } from '../../../store/call-records.ts';
import type { Json } from '../../../protocol/json.ts';
import type { CallTag, ModelHeartbeat, ModelRequest, ModelResponse } from '../../../protocol/model-call.ts';
import { startProvider, type ProviderScript, type TestProvider } from '../../../testing/provider/index.ts';

export const KEY = 'sk-test-0123456789abcdef';
export const TAG: CallTag = { address: 'agent:1', label: 'a', phase: null, model: null, turn: 0 };

/** Records as a process's worker opens them. */
export function logsOf(records: CallRecords): CallLogs {
  return { of: () => records };
}

/** The store's part of "paid once", in memory. */
export function memoryRecords(): CallRecords & { saved: Map<string, Json>; sent: Map<string, number> } {
  const saved = new Map<string, Json>();
  const sent = new Map<string, number>();
  return {
    saved,
    sent,
    findCall: async (id) => saved.get(id),
    saveCall: async (id, record) => void saved.set(id, structuredClone(record)),
    markSent: async (id) => {
      sent.set(id, (sent.get(id) ?? 0) + 1);
      return sent.get(id) ?? 0;
    },
    sentCount: async (id) => sent.get(id) ?? 0,
  };
}

export function requestOf(over: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'openai-chat/x',
    system: null,
    messages: [{ role: 'user', text: 'hello' }],
    tools: [],
    schema: null,
    effort: null,
    temperature: null,
    maxOutputTokens: 500,
    stallMs: 5_000,
    tries: 3,
    ...over,
  };
}

const QUIET = new DefaultLogger('ERROR', () => undefined);

export interface Setup {
  provider: TestProvider;
  records: ReturnType<typeof memoryRecords>;
  /** A new process: its own flights, the same store. */
  worker(deps?: Partial<ModelActivityDeps>): Process;
  close(): Promise<void>;
}

export interface Process {
  attempt(
    request: ModelRequest,
    info?: { attempt?: number; activityId?: string; heartbeatTimeoutMs?: number },
  ): Attempt;
}

export interface Attempt {
  result: Promise<ModelResponse>;
  env: MockActivityEnvironment;
  heartbeats: ModelHeartbeat[];
}

export async function setup(script: ProviderScript): Promise<Setup> {
  const provider = await startProvider(script);
  const records = memoryRecords();
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: KEY };
  return {
    provider,
    records,
    close: () => provider.close(),
    worker(deps = {}) {
      const model = createModelActivity({ logs: logsOf(records), toolSpecs: {}, env, ...deps });
      return {
        attempt(request, info = {}) {
          const mock = new MockActivityEnvironment({ heartbeatTimeoutMs: 15_000, ...info }, { logger: QUIET });
          const heartbeats: ModelHeartbeat[] = [];
          mock.on('heartbeat', (details: ModelHeartbeat) => heartbeats.push(details));
          const result: Promise<ModelResponse> = mock.run(model, TAG, request);
          result.catch(() => undefined);
          return { result, env: mock, heartbeats };
        },
      };
    },
  };
}

/** The message response, or a failed test. */
export async function messageOf(attempt: Attempt): Promise<Extract<ModelResponse, { kind: 'message' }>> {
  const response = await attempt.result;
  if (response.kind !== 'message') throw new Error(`not a message: ${JSON.stringify(response)}`);
  return response;
}
