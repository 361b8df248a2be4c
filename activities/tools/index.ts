import { Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import { READ_TOOLS } from '../../protocol/tool-names.ts';
import type { Store } from '../../store/blobs.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import { diff } from './diff.ts';
import { gitLog } from './git-log.ts';
import { gitShow } from './git-show.ts';
import { glob } from './glob.ts';
import { grep } from './grep.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { problem, type Tool } from './tool.ts';

/** Every tool that an agent may have, by name. */
export const TOOLS: Readonly<Record<string, Tool>> = Object.fromEntries(
  [list, glob, read, grep, diff, gitLog, gitShow].map((tool) => [tool.name, tool]),
);

/** The `tool` activity: one tool call of an agent over the run's snapshot. */
export function createToolActivity({ store }: { store: Store }): BraidActivities['tool'] {
  return async (_tag, request) => {
    const tool = Object.hasOwn(TOOLS, request.tool) ? TOOLS[request.tool] : undefined;
    if (tool === undefined)
      return problem(`There is no tool ${request.tool.slice(0, 80)}. There are ${READ_TOOLS.join(', ')}.`);
    const key = request.snapshot;
    if (key === null) return problem(`${tool.name}: this run has no workspace to read.`);
    try {
      const { cancellationSignal: signal } = Context.current();
      return await beating(async (report) => {
        const snapshot = await ensureSnapshot(store, key, signal, report);
        return tool.run(request.input, { snapshot, home: store.home, signal });
      });
    } catch (error) {
      throw toFailure(error);
    }
  };
}
