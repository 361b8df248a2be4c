/**
 * A node's trajectory in the format of the `rlms` logger, which its visualiser and other viewers read: one line about the run,
 * then one line for each turn of the loop. Names of members are theirs; times are in seconds.
 */
import type { Client } from '@temporalio/client';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import type { Spend } from '../../protocol/outcome.ts';
import type { CallView, CellView, NodeView, RunView, TurnView } from '../../protocol/view.ts';
import type { Store } from '../../store/blobs.ts';
import { PayloadReader } from '../../histories/payloads.ts';
import { asText, readExchanges, type Exchanges, type SaidMessage } from './exchanges.ts';

type Line = { [key: string]: unknown };

interface Source {
  view: RunView;
  node: NodeView;
  exchanges: Exchanges;
  /** The trajectory of a node below this one, as a sub-call carries it. */
  below: (node: NodeView) => Promise<{ run_metadata: Line; iterations: Line[] }>;
}

/** Lines of the node at `address`; the trajectories of RLMs below it stand in the sub-calls that they answered. */
export async function* trajectoryLines(
  client: Client,
  view: RunView,
  address: string,
  store: Store,
): AsyncGenerator<Line, void, undefined> {
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const sourceOf = async (node: NodeView): Promise<Source> => {
    const child = view.calls.find((call) => call.address === node.address)?.child ?? view.run;
    const exchanges = await readExchanges(client, child, { payloads, store, run: view.run });
    return { view, node, exchanges, below: async (inner) => whole(await sourceOf(inner)) };
  };
  const root = view.nodes.find((node) => node.address === address && node.kind === 'rlm');
  if (root === undefined) throw new BraidError('BRAID_USAGE', `${view.run} has no RLM at ${address}.`);
  const source = await sourceOf(root);
  const at = new Date(root.startedAt ?? 0).toISOString();
  yield { type: 'metadata', timestamp: at, ...metadata(source) };
  for (const turn of root.turns) yield iteration(source, turn, await blocksOf(source, turn));
}

async function whole(source: Source): Promise<{ run_metadata: Line; iterations: Line[] }> {
  const iterations: Line[] = [];
  for (const turn of source.node.turns) iterations.push(iteration(source, turn, await blocksOf(source, turn)));
  return { run_metadata: metadata(source), iterations };
}

function metadata({ view, node }: Source): Line {
  const model = node.model ?? view.model ?? '';
  const slash = model.indexOf('/');
  return {
    root_model: model,
    max_depth: view.rlm?.depth ?? null,
    max_iterations: node.maxIterations,
    backend: slash < 0 ? model : model.slice(0, slash),
    backend_kwargs: { model_name: model.slice(slash + 1) },
    environment_type: 'quickjs',
    environment_kwargs: {},
    other_backends: null,
  };
}

function iteration(source: Source, turn: TurnView, blocks: Line[]): Line {
  const { node, exchanges } = source;
  const answered = node.turns.filter((one) => one.state === 'done');
  const said = exchanges.of(node.address)[answered.indexOf(turn)];
  const cells = node.cells.filter((cell) => cell.iteration === turn.iteration);
  const ended = Math.max(turn.endedAt ?? turn.startedAt, ...cells.map((cell) => cell.endedAt ?? cell.startedAt));
  return {
    type: 'iteration',
    iteration: turn.iteration,
    timestamp: new Date(ended).toISOString(),
    prompt: said?.messages ?? [],
    response: turn.text,
    code_blocks: blocks,
    final_answer: turn === node.turns.at(-1) ? finalAnswer(source) : null,
    iteration_time: seconds(turn.startedAt, ended),
  };
}

async function blocksOf(source: Source, turn: TurnView): Promise<Line[]> {
  const { view, node } = source;
  const calls = new Map(view.calls.map((call) => [call.address, call]));
  const blocks: Line[] = [];
  for (const cell of node.cells.filter((one) => one.iteration === turn.iteration)) {
    const made = cell.calls.flatMap((name) => calls.get(name) ?? []).filter((call) => call.kind !== 'tool');
    const rlmCalls: Line[] = [];
    for (const call of made) rlmCalls.push(await subCall(source, call));
    blocks.push({ code: cell.code, result: resultOfCell(source, cell, rlmCalls) });
  }
  return blocks;
}

function resultOfCell(source: Source, cell: CellView, rlmCalls: Line[]): Line {
  const { error } = cell;
  return {
    stdout: cell.output,
    stderr: error === null ? '' : `${error.name}: ${error.message}\n${error.frame}`.trimEnd(),
    locals: Object.fromEntries(cell.variables.map(({ name, preview }) => [name, preview])),
    execution_time: seconds(cell.startedAt, cell.endedAt),
    rlm_calls: rlmCalls,
    final_answer: cell.final ? finalAnswer(source) : null,
  };
}

/** A call that an RLM answered carries its whole trajectory. */
async function subCall({ view, exchanges, below }: Source, call: CallView): Promise<Line> {
  const node = view.nodes.find((one) => one.address === call.address && one.kind === 'rlm');
  const said = exchanges.of(call.address);
  const usage = node?.usage ?? call;
  const model = call.model ?? node?.model ?? view.model ?? '';
  return {
    root_model: model,
    prompt: node?.question ?? promptOf(said[0]?.messages) ?? call.label,
    response: exchanges.given(call.address) ?? said.at(-1)?.response ?? '',
    usage_summary: usageSummary(model, usage, call.requests),
    // What the visualiser's own types call them.
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    execution_time: seconds(call.startedAt ?? call.queuedAt, call.endedAt),
    ...(node === undefined ? {} : { metadata: await below(node) }),
    ...(call.error === null ? {} : { error: `${call.error.code}: ${call.error.message}` }),
  };
}

function usageSummary(model: string, { inputTokens, outputTokens, usd }: Spend, requests: number): Line {
  const cost = usd === null ? {} : { total_cost: usd };
  const summary = {
    total_calls: requests,
    total_input_tokens: inputTokens,
    total_output_tokens: outputTokens,
    ...cost,
  };
  return { model_usage_summaries: { [model]: summary }, ...cost };
}

function promptOf(messages: readonly SaidMessage[] | undefined): string | null {
  return messages?.findLast((message) => message.role === 'user')?.content ?? null;
}

function finalAnswer({ view, node }: Source): string | null {
  if (node.endedAt === null || node.state === 'failed') return null;
  const { value, large }: { value: Json; large: RunView['large'] } =
    node.parent === null ? view : { value: node.value, large: null };
  if (large !== null) return large.preview;
  return value === null ? null : asText(value);
}

function seconds(from: number, to: number | null): number {
  return Math.max(0, (to ?? from) - from) / 1000;
}
