/**
 * The tool `bash`: one command over a copy of the agent's overlay.
 *
 *  B1  The command works on a copy; what it changed comes back as another overlay, or not at all: a command that was ended at a limit
 *      changed nothing.
 *  B2  Nothing of the command runs any more when its files are read (sandbox/run.ts, R1).
 */
import type { ToolResponse } from '../../protocol/activities.ts';
import type { ShellSettings } from '../../protocol/effects.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { SHELL } from '../../protocol/limits.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import { createLimiter } from '../../store/limiter.ts';
import { writeOverlay } from '../../store/overlays.ts';
import type { ToolSpec } from '../model/ask.ts';
import { collect } from '../overlay/collect.ts';
import { materialise } from '../overlay/materialise.ts';
import { viewOf } from '../overlay/view.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { needSandbox } from './sandbox/find.ts';
import { handOver, inFolders, sharing } from './sandbox/folders.ts';
import { runCommand, type CommandResult } from './sandbox/run.ts';

export const BASH_TOOL: ToolSpec = {
  description:
    'Runs a command with bash in a copy of the workspace, without network unless the project allows it. Files that it changes are changed ' +
    'for you too. It starts anew each time: nothing goes on in the background, and only files are kept. Gives the exit code and what was ' +
    'printed; a long output is cut in the middle.',
  inputSchema: {
    type: 'object',
    properties: {
      command: { type: 'string', description: 'What to run. It may have several lines.' },
      seconds: { type: 'number', description: 'It is ended after so many seconds.' },
    },
    required: ['command'],
    additionalProperties: false,
  },
};

export interface BashWorld {
  store: Store;
  snapshot: Snapshot;
  overlay: OverlayRef | null;
  shell: ShellSettings;
  signal: AbortSignal;
}

const limit = createLimiter(SHELL.atOnce);

/** Errors: BRAID_SHELL_UNAVAILABLE, those of the store. `begin` is called right before the command. */
export async function bash(input: Json, world: BashWorld, begin: () => Promise<void>): Promise<ToolResponse> {
  const asked = commandOf(input, world.shell);
  if (typeof asked === 'string') return { output: `BRAID_TOOL_INPUT: ${asked}`, isError: true, reads: [] };
  return limit(() => inCopy(asked, world, begin));
}

interface Asked {
  command: string;
  seconds: number;
}

async function inCopy(
  { command, seconds }: Asked,
  world: BashWorld,
  begin: () => Promise<void>,
): Promise<ToolResponse> {
  const { store, snapshot, shell, signal } = world;
  const kind = await needSandbox();
  const seen = await viewOf(snapshot, world.overlay);
  const { overlay } = seen;
  return inFolders(shell, async (place) => {
    const made = await materialise({ store, snapshot: seen, folder: place.workspace, signal });
    const shared = await sharing(place, snapshot.root, shell.readOnly);
    await handOver(place);
    await begin();
    const result = await runCommand({ kind, place: shared, command, seconds, signal });
    // It may have read anything: it is served to a later run only over the very same snapshot.
    const reads = [{ kind: 'list' as const, what: 'bash', hash: snapshot.hash }];
    if (result.ended !== null) return { output: endedText(result, seconds), isError: true, reads };
    const after = await collect({ store, overlay, made, signal });
    const output = resultText(result, after);
    const changed = after.changed.length > 0 ? { overlay: await writeOverlay(store, after.overlay) } : {};
    return { output, isError: result.code !== 0, reads, ...changed };
  });
}

/** A text: what is wrong with it. */
function commandOf(input: Json, shell: ShellSettings): Asked | string {
  const { command, seconds = null } = isJsonObject(input) ? input : {};
  if (typeof command !== 'string' || command.trim() === '') return 'bash wants a command, as a text.';
  if (command.includes('\0')) return 'bash: the command holds a NUL.';
  if (command.length > SHELL.commandChars)
    return `bash: the command has ${command.length} characters; at most ${SHELL.commandChars}.`;
  if (seconds !== null && (typeof seconds !== 'number' || !(seconds > 0)))
    return 'bash: seconds must be a number above 0.';
  return { command, seconds: Math.min(seconds ?? shell.seconds, shell.seconds) };
}

function resultText(
  { code, output, ms }: CommandResult,
  after: { changed: string[]; refused: { path: string; why: string }[] },
): string {
  const { changed, refused } = after;
  return [
    `exit code ${code ?? 'unknown'} after ${(ms / 1000).toFixed(1)} s`,
    ...(output === '' ? [] : [output.replace(/\n$/, '')]),
    ...(changed.length === 0 ? [] : [`changed: ${shortList(changed)}`]),
    ...(refused.length === 0 ? [] : [`not kept: ${shortList(refused.map(({ path, why }) => `${path} (${why})`))}`]),
  ].join('\n');
}

function endedText({ ended, output }: CommandResult, seconds: number): string {
  const why = {
    time: `it ran longer than ${seconds} s`,
    memory: `it used more than ${SHELL.memoryBytes / 2 ** 20} MiB of memory`,
    disk: `it wrote more than ${SHELL.grownBytes / 2 ** 20} MiB or ${SHELL.grownFiles} files`,
    output: `it printed more than ${SHELL.outputBytes / 2 ** 20} MiB`,
  }[ended ?? 'time'];
  return `BRAID_SHELL_LIMIT: The command was ended because ${why}. None of its changes are kept.\n${output}`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => name.slice(0, 200));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
