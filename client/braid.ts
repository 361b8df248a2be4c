/** Runs from TypeScript: start, attach, list (design §5.3). */
import { BraidError } from '../protocol/errors.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { RunSummary } from '../protocol/view.ts';
import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { openLibraryContext, type RlmContext } from './input/library-context.ts';
import { buildRlmInput, type RlmInputOptions } from './input/rlm-input.ts';
import { buildScriptInput, type ScriptOptions } from './input/script-input.ts';
import { earlierRlm, earlierScript, sourceOfEarlier } from './resume/use.ts';
import { RunHandle } from './run-handle.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { checkRunId, newRunId, startRlm, startRun } from './start-run.ts';
import { listRuns, type ListOptions } from './list-runs.ts';

/** What a run may take over from an earlier one. */
export interface ResumeOptions {
  /**
   * Run whose finished calls are reused; args, question, contexts, models and workspace that are not named are taken from it. Errors:
   * BRAID_RUN_UNKNOWN, BRAID_JOURNAL, BRAID_USAGE for a run of another kind.
   */
  resumeFrom?: string;
  /** False: takes over what is not named, but makes every call anew. */
  cache?: boolean;
}

export interface RunOptions
  extends Omit<ScriptOptions, 'run' | 'engine' | 'args' | 'script' | 'earlier' | 'cache'>, ResumeOptions {
  /** Same id and same input: attaches. Same id and other input: BRAID_RUN_EXISTS. */
  id?: string;
  args?: Json;
}

export type { RlmContext };

/** Limits of a run, by the names of the command's options. */
export type RlmLimits = Omit<NonNullable<RlmInputOptions['flags']>, 'model' | 'subModel' | 'strict'>;

export interface RlmRunOptions
  extends
    Omit<RlmInputOptions, 'run' | 'engine' | 'question' | 'context' | 'flags' | 'schema' | 'earlier' | 'cache'>,
    ResumeOptions {
  /** A text, `{file}` or `{files}` to be read here, or any JSON value. */
  context?: RlmContext;
  model?: string;
  subModel?: string;
  limits?: RlmLimits;
  /** JSON Schema of the answer. */
  schema?: JsonObject;
  id?: string;
}

export interface ConnectOptions extends Partial<SessionOptions> {}

export class Braid {
  private readonly session: Session;

  private readonly progress: (line: string) => void;

  private constructor(session: Session, progress: (line: string) => void) {
    this.session = session;
    this.progress = progress;
  }

  /**
   * Reaches the server that `braid` commands of this environment use; starts server and worker in the background when
   * nothing is reachable and `TEMPORAL_ADDRESS` is unset. Errors: BRAID_SERVER_UNREACHABLE, BRAID_SERVER_START.
   */
  static async connect(options: ConnectOptions = {}): Promise<Braid> {
    const progress = options.progress ?? (() => undefined);
    const session = await openSession({
      env: options.env ?? process.env,
      start: options.start ?? 'server and worker',
      progress,
    });
    return new Braid(session, progress);
  }

  /**
   * Starts a script: a path, a saved name, or `{source, file}`; null with `resumeFrom`: the script of that run. Errors of the script are
   * thrown before anything starts.
   */
  async start(script: ScriptOptions['script'] | null, options: RunOptions = {}): Promise<RunHandle> {
    const { id, args, resumeFrom, ...rest } = options;
    const earlier = resumeFrom === undefined ? undefined : await earlierScript(this.session, resumeFrom);
    const named = script ?? (await sourceOfEarlier(this.session.store, needed(earlier, 'script')));
    const file = typeof named === 'string' ? named : named.file;
    const run = id === undefined ? newRunId(file.split('/').at(-1) ?? '') : checkRunId(id);
    const given = args === undefined ? undefined : { value: args };
    const built = await buildScriptInput({ ...rest, earlier, script: named, args: given, run, engine: ENGINE_HASH });
    await startRun(this.session, run, built);
    return this.attach(run);
  }

  /** Starts a script and waits for its end. Does not throw for a failed run. */
  async run(script: ScriptOptions['script'] | null, options: RunOptions = {}): Promise<RunResult> {
    return (await this.start(script, options)).result();
  }

  /**
   * Asks a recursive language model a question over a context of any size. Resolves when the run has been started; its
   * `result()` waits. What is wrong with question, context or options is thrown before anything starts. A null question with
   * `resumeFrom` is the one of that run.
   */
  async rlm(question: string | null, options: RlmRunOptions = {}): Promise<RunHandle> {
    const { id, context, model, subModel, limits, resumeFrom, ...rest } = options;
    const earlier = resumeFrom === undefined ? undefined : await earlierRlm(this.session, resumeFrom);
    const asked = question ?? needed(earlier, 'question').name;
    const run = id === undefined ? newRunId(asked.slice(0, 80)) : checkRunId(id);
    const { store } = this.session;
    const built = await buildRlmInput(
      {
        ...rest,
        earlier,
        question: question === null ? undefined : { text: question },
        context: context === undefined ? undefined : () => openLibraryContext(context, store, this.progress),
        flags: {
          ...limits,
          ...(model === undefined ? {} : { model }),
          ...(subModel === undefined ? {} : { subModel }),
        },
        run,
        engine: ENGINE_HASH,
      },
      store,
    );
    await startRlm(this.session, run, built);
    return this.attach(run);
  }

  attach(id: string): RunHandle {
    return new RunHandle(this.session.client, id, this.session.store);
  }

  list(options: ListOptions = {}): Promise<RunSummary[]> {
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

function needed<T>(earlier: T | undefined, what: string): T {
  if (earlier !== undefined) return earlier;
  throw new BraidError('BRAID_OPTION', `The ${what} is null, and there is no resumeFrom to take it from.`, {
    fix: `Give a ${what}, or the option resumeFrom.`,
  });
}
