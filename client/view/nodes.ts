import type { RunStatus } from '../../protocol/outcome.ts';
import type { CallState, CallView, CellView, NodeView } from '../../protocol/view.ts';
import { above, parentOf, ROOT } from './addresses.ts';
import type { Program } from './program.ts';
import type { UsageTree } from './usage-tree.ts';

/** The programs of a tree as people see them: the root, then scripts, RLMs and agents with histories of their own. */
export function nodesOf(
  root: { name: string; status: RunStatus },
  programs: readonly Program[],
  sums: UsageTree,
): NodeView[] {
  const calls = new Map(sums.calls.map((call) => [call.address, call]));
  const byAddress = new Map(programs.map((program) => [program.address, program]));
  const place = (address: string) => ({
    parent: parentOf(address, byAddress),
    depth: 1 + above(address).filter((name) => byAddress.has(name)).length,
  });
  const nodes = programs.flatMap((program) => {
    if (program.address === ROOT) {
      const own = { label: root.name, parent: null, depth: 0, state: ROOT_STATES[root.status] };
      return [programNode(program, own, sums, calls)];
    }
    const call = calls.get(program.address);
    const { label, state } = call ?? { label: program.address, state: 'running' as const };
    const node = programNode(program, { label, state, ...place(program.address) }, sums, calls);
    // Its own history, which tells its end, may not be read yet.
    return [{ ...node, endedAt: node.endedAt ?? call?.endedAt ?? null }];
  });
  for (const call of sums.calls) {
    if (call.kind === 'agent' && call.child !== null && !byAddress.has(call.address))
      nodes.push(agentNode(call, place(call.address), sums));
  }
  return nodes;
}

const ROOT_STATES: Record<RunStatus, CallState> = {
  running: 'running',
  paused: 'waiting',
  completed: 'done',
  completed_with_failures: 'done',
  stopped: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

type Own = Pick<NodeView, 'label' | 'parent' | 'depth' | 'state'>;

function programNode(program: Program, own: Own, sums: UsageTree, calls: ReadonlyMap<string, CallView>): NodeView {
  const { address, kind, start, end, turns } = program;
  return {
    address,
    kind,
    ...own,
    model: start?.model ?? null,
    question: start?.question ?? null,
    context: start?.context ?? null,
    iteration: end?.iterations ?? turns.length,
    maxIterations: start?.maxIterations ?? null,
    turns: [...turns],
    cells: program.cells.map((cell): CellView => {
      const made = cell.calls.flatMap((name) => calls.get(name) ?? []);
      return { ...cell, usage: sums.sum(made) };
    }),
    value: address === ROOT ? null : (end?.large?.preview ?? end?.value ?? null),
    partial: end?.partial ?? null,
    usage: sums.below(address),
    startedAt: program.startedAt,
    endedAt: program.endedAt,
  };
}

function agentNode(call: CallView, place: Pick<NodeView, 'parent' | 'depth'>, sums: UsageTree): NodeView {
  const { address, label, state, model, turns, startedAt, endedAt } = call;
  return {
    ...{ address, kind: 'agent', label, ...place, state, model, question: null, context: null },
    ...{ iteration: turns, maxIterations: null, turns: [], cells: [], value: null, partial: null },
    usage: { ...sums.sum([call]), calls: 0, failed: 0, refused: 0, replayed: 0 },
    startedAt,
    endedAt,
  };
}
