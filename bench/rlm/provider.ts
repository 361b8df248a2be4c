/** The bench's side of the scripted model (provider-process.ts). */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the provider saw of a run. Times in ms since 1970. */
export interface RunFacts {
  requests: number;
  /** Sub-calls that were asked before in the same run. */
  repeated: number;
  /** Requests of loops, in order of arrival; `chars` of system prompt and messages. */
  turns: { at: number; chars: number }[];
  /** Sub-calls; `endedAt` is null while the connection is open. */
  leaves: { at: number; endedAt: number | null }[];
}

export interface ProviderQuestion {
  id: number;
  run: string;
  /** Answer when so many sub-calls of the run have arrived; null: at once, and forget the run. */
  leaves: number | null;
}

export type ProviderAnswer = { id: 0; url: string } | { id: number; facts: RunFacts };

export interface BenchProvider {
  /** Value for OPENAI_BASE_URL. */
  url: string;
  /** May be asked once for each run. */
  facts(run: string): Promise<RunFacts>;
  /** Resolves when so many sub-calls of the run have arrived. */
  reached(run: string, leaves: number): Promise<void>;
  close(): Promise<void>;
}

export async function startBenchProvider(): Promise<BenchProvider> {
  const child = fork(fileURLToPath(new URL('./provider-process.ts', import.meta.url)), { execArgv: [] });
  const waiting = new Map<number, (facts: RunFacts) => void>();
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the scripted provider ended with code ${code}`)));
    child.on('message', (answer: ProviderAnswer) => {
      if ('url' in answer) return resolve(answer.url);
      waiting.get(answer.id)?.(answer.facts);
      waiting.delete(answer.id);
    });
  });
  let ids = 0;
  const ask = (run: string, leaves: number | null): Promise<RunFacts> =>
    new Promise((resolve) => {
      const id = ++ids;
      waiting.set(id, resolve);
      child.send({ id, run, leaves } satisfies ProviderQuestion);
    });
  return {
    url,
    facts: (run) => ask(run, null),
    reached: async (run, leaves) => void (await ask(run, leaves)),
    close: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
