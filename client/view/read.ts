import type { Client } from '@temporalio/client';
import { WATCH } from '../../protocol/limits.ts';
import type { RunView } from '../../protocol/view.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { readHistory } from '../../histories/history.ts';
import { PayloadReader } from '../../histories/payloads.ts';
import { ViewBuilder } from './reduce.ts';

/**
 * A run as it stands now, from its histories alone: needs the server, but no worker. Agents without a result in their
 * parent's history (at work, or ended with a cancelled run) are read from their own. Throws BRAID_RUN_UNKNOWN.
 */
export async function readRun(client: Client, run: string, options: { children?: boolean } = {}): Promise<RunView> {
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const builder = new ViewBuilder(run);
  await readInto(client, builder, run, payloads);
  if (options.children !== false) await readOpenChildren(client, builder, payloads);
  builder.finish();
  const view = builder.view();
  return { ...view, notices: [...view.notices, ...payloads.notices] };
}

/** Reads what is there of the histories that add to a view, a few at a time, until no new ones turn up. */
export async function readOpenChildren(client: Client, builder: ViewBuilder, payloads: PayloadReader): Promise<void> {
  const read = new Set<string>();
  for (;;) {
    const next = builder
      .openChildren()
      .filter(({ workflowId }) => !read.has(workflowId))
      .slice(0, WATCH.children);
    if (next.length === 0) return;
    await Promise.all(
      next.map(async ({ workflowId }) => {
        read.add(workflowId);
        // A child that cannot be read leaves the view as its parent tells it.
        await readInto(client, builder, workflowId, payloads).catch((error: unknown) => {
          if (isBraidError(error, 'BRAID_RUN_UNKNOWN')) builder.missing(workflowId, 'all');
        });
      }),
    );
  }
}

/** Reads what is there of one history into a view. Throws what {@link readHistory} throws. */
export async function readInto(
  client: Client,
  builder: ViewBuilder,
  workflowId: string,
  payloads: PayloadReader,
): Promise<void> {
  const onCut = () => builder.missing(workflowId, 'cut');
  for await (const page of readHistory(client, workflowId, { payloads, wait: false, onCut })) {
    for (const event of page) builder.apply(workflowId, event);
  }
}
