/** `import { Braid } from 'braid/client'`: start, attach, watch and steer runs from TypeScript (design §5.3). */
import type { Json } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { RunSummary } from '../protocol/view.ts';
import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { buildScriptInput, type ScriptOptions } from './input/script-input.ts';
import { RunHandle } from './run-handle.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { checkRunId, newRunId, startRun } from './start-run.ts';
import { listRuns } from './list-runs.ts';

export interface RunOptions extends Omit<ScriptOptions, 'run' | 'engine' | 'args' | 'script'> {
  /** Same id and same input: attaches. Same id and other input: BRAID_RUN_EXISTS. */
  id?: string;
  args?: Json;
}

export interface ConnectOptions extends Partial<SessionOptions> {}

export class Braid {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  /**
   * Reaches the server that `braid` commands of this environment use; starts server and worker in the background when
   * nothing is reachable and `TEMPORAL_ADDRESS` is unset. Errors: BRAID_SERVER_UNREACHABLE, BRAID_SERVER_START.
   */
  static async connect(options: ConnectOptions = {}): Promise<Braid> {
    const session = await openSession({
      env: options.env ?? process.env,
      start: options.start ?? 'server and worker',
      progress: options.progress ?? (() => undefined),
    });
    return new Braid(session);
  }

  /** Starts a script: a path, a saved name, or `{source, file}`. Errors of the script are thrown before anything starts. */
  async start(script: ScriptOptions['script'], options: RunOptions = {}): Promise<RunHandle> {
    const { id, args, ...rest } = options;
    const run =
      id === undefined
        ? newRunId(typeof script === 'string' ? (script.split('/').at(-1) ?? '') : script.file)
        : checkRunId(id);
    const given = args === undefined ? undefined : { value: args };
    const built = await buildScriptInput({ ...rest, script, args: given, run, engine: ENGINE_HASH });
    await startRun(this.session, run, built);
    return this.attach(run);
  }

  /** Starts a script and waits for its end. Does not throw for a failed run. */
  async run(script: ScriptOptions['script'], options: RunOptions = {}): Promise<RunResult> {
    return (await this.start(script, options)).result();
  }

  attach(id: string): RunHandle {
    return new RunHandle(this.session.client, id);
  }

  list(options: { limit?: number } = {}): Promise<RunSummary[]> {
    return listRuns(this.session.client, options);
  }

  /** Address of Temporal's UI, when it is known. */
  get uiUrl(): string | null {
    return this.session.server.uiUrl;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

export { defineConfig } from './input/config.ts';
export { RunHandle } from './run-handle.ts';
export { BraidError, isBraidError } from '../protocol/errors.ts';
export type { RunResult, RunStatus, Outcome, Usage } from '../protocol/outcome.ts';
export type { RunEvent, RunView } from '../protocol/view.ts';
