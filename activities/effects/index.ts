/** The activities behind tools with effects. */
import { Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import type { EffectRequest } from '../../protocol/effects.ts';
import type { Store } from '../../store/blobs.ts';
import { openCallLogs, type Execution } from '../../store/call-records.ts';
import { executionOf } from '../model/call-id.ts';
import { toFailure } from '../failures.ts';
import { working } from '../working.ts';
import { problem } from '../tools/tool.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import { offerTools, runAdded } from './added.ts';
import { bash } from './bash.ts';
import { atMostOnce } from './once.ts';

export function createEffectActivities({
  store,
}: {
  store: Store;
}): Pick<BraidActivities, 'effect' | 'approval' | 'offerTools'> {
  const logs = openCallLogs(store);
  return {
    effect: (_tag, request) =>
      working((signal, report) =>
        atMostOnce(
          logs.of(executionOf(Context.current().info)),
          { key: request.key, repeatable: isRepeatable(request) },
          async (begin) => {
            const { added } = request;
            if (added !== undefined) return runAdded({ ...request, added }, signal, begin);
            if (request.tool !== 'bash')
              return problem(`There is no tool ${request.tool.slice(0, 80)} with effects here.`);
            if (request.snapshot === null) return problem('bash: this run has no workspace to work on.');
            const snapshot = await ensureSnapshot(store, request.snapshot, signal, report);
            return bash(
              request.input,
              { store, snapshot, overlay: request.overlay, shell: request.shell, signal },
              begin,
            );
          },
        ),
      ),
    offerTools: (_tag, request) => working((signal) => offerTools(logs.of(ofRun(request.run)), request, signal)),
    approval: async (_tag, { run, digest, remember }) => {
      try {
        const records = logs.of(ofRun(run));
        const id = `approval ${run} ${digest}`;
        if (remember) await records.saveCall(id, true);
        return { remembered: (await records.findCall(id)) === true };
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

/** What holds for a whole run, whoever of its tree asks. */
function ofRun(run: string): Execution {
  return { workflowId: run, runId: '' };
}

/** once.ts, N3. */
function isRepeatable({ tool, shell }: EffectRequest): boolean {
  return tool === 'bash' && !shell.network;
}
