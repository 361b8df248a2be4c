/**
 * Reads of an ended run what its script was told: the journal's entries, and what stands in the root's history under numbered
 * addresses. Nothing is asked of a provider or a worker.
 */
import type { Client } from '@temporalio/client';
import { clientSources } from '../../histories/journal/client-sources.ts';
import type { Found } from '../../histories/journal/draft.ts';
import { codeOf, ExecutionFacts, JOURNALLED, nameOf } from '../../histories/journal/execution.ts';
import { gatherNode } from '../../histories/journal/run.ts';
import { readHistory } from '../../histories/history.ts';
import type { DecodedEvent } from '../../histories/decoded.ts';
import { object, text } from '../../histories/parse-json.ts';
import { PayloadReader } from '../../histories/payloads.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';
import type { Store } from '../../store/blobs.ts';
import { readExchanges } from '../export/exchanges.ts';
import { patchesHash, type RunCall, type RunFact, type RunFacts, type RunScript } from '../play/run-book.ts';

export interface ReadRun {
  /** As the run was started; empty when this store cannot read it. */
  input: JsonObject;
  startedAt: number;
  facts: RunFacts;
}

const READ: ReadonlySet<string> = new Set([...JOURNALLED, 'loadScript', 'userTool', 'merge']);

/** Errors: BRAID_RUN_UNKNOWN, BRAID_SERVER_UNREACHABLE, BRAID_JOURNAL, those of the store. */
export async function readRunFacts(client: Client, store: Store, view: RunView): Promise<ReadRun> {
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const execution = new ExecutionFacts();
  const numbered = new Numbered();
  for await (const page of readHistory(client, view.run, { payloads, wait: false, results: READ })) {
    for (const event of page) {
      execution.add(event);
      numbered.add(event);
    }
  }
  const { draft } = await gatherNode(clientSources(client, store), view.run, '', execution);
  const input = object(execution.input);
  const prompts = await promptsOf(client, store, view);
  const addresses = addressesOf(view.run, execution);
  const calls = draft.all().flatMap((found) => {
    if (found.node !== '' || found.entry.kind !== 'call') return [];
    const address = addresses.get(nameOf(found.entry)) ?? null;
    return [callOf(found, { address, view, prompt: prompts(address) })];
  });
  const told = new Set(calls.flatMap(({ settled }) => (settled.ok ? outcomeOf(settled.value) : [])));
  const facts: RunFacts = {
    calls,
    facts: [...numbered.facts, ...gatesOf(view)],
    scripts: numbered.scripts.map((script) => ({ ...script, endedAt: endOf(view, script.address) ?? script.endedAt })),
    outcomes: view.outcomes.filter((outcome) => !told.has(outcome)),
    seed: text(input['seed']) ?? '',
  };
  return { input, startedAt: execution.startedAt, facts };
}

/** Addresses of the calls that this run paid for, by their names. */
function addressesOf(run: string, { calls, children }: ExecutionFacts): Map<string, string> {
  const addresses = new Map<string, string>();
  for (const [name, { address }] of calls) addresses.set(name, address);
  // Children's ids end in their addresses.
  for (const [name, { workflowId }] of children) addresses.set(name, workflowId.slice(run.length + 1));
  return addresses;
}

/** Cells pass texts by reference, which a hash of the words does not find: of these the words themselves are read. */
async function promptsOf(
  client: Client,
  store: Store,
  view: RunView,
): Promise<(address: string | null) => string | null> {
  if (view.kind !== 'rlm') return () => '';
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const place = { payloads, store, run: view.run };
  const read = [await readExchanges(client, view.run, place)];
  for (const { child, kind } of view.calls) {
    if (kind === 'agent' && child !== null) read.push(await readExchanges(client, child, place));
  }
  return (address) => {
    const said = address === null ? [] : read.flatMap((one) => one.of(address));
    return said[0]?.messages.find(({ role }) => role === 'user')?.content ?? null;
  };
}

function callOf(
  { entry, at, inherited }: Found,
  { address, view, prompt }: { address: string | null; view: RunView; prompt: string | null },
): RunCall {
  const { path, parts, hash, ordinal, at: order, usage, degraded, ms, failed } = entry;
  const base = { usage, replayed: false, degraded, ms, outcome: null, reason: null, error: null, throws: false };
  const place = { path, parts, hash, ordinal, own: !inherited, order, prompt, at };
  if (failed === null) {
    const value = entry.large === null ? entry.value : { ...entry.large, text: { ...entry.large.text } };
    const patch = 'patch' in entry ? { patch: entry.patch } : {};
    const result = { ...base, ok: true, value, ...patch } as CallResult;
    return { ...place, settled: { ok: true, value: result } };
  }
  const outcome = view.outcomes.find((one) => one.address === address) ?? null;
  const reason = outcome?.reason ?? 'error';
  const error = { code: outcome?.code ?? failed, message: outcome?.message ?? `The call failed (${failed}).` };
  const throws = reason === 'schema' || reason === 'refused';
  const result: CallResult = { ...base, ok: false, value: null, reason, error, throws, outcome };
  return { ...place, settled: { ok: true, value: result } };
}

function outcomeOf(value: unknown): Outcome[] {
  const { outcome } = value as CallResult;
  return outcome === null ? [] : [outcome];
}

function gatesOf(view: RunView): RunFact[] {
  return view.gates.flatMap(({ gate, kind, state, value, closedAt, openedAt, question }) => {
    if (state === 'open' || state === 'cancelled') return [];
    const error = { code: 'BRAID_GATE_TIMEOUT', message: `Nobody answered ${gate} (${question}) in time.` };
    const answered = state === 'answered' || (value !== null && kind === 'ask');
    const at = closedAt ?? openedAt;
    return [{ address: gate, label: kind, at, settled: answered ? { ok: true, value } : { ok: false, error } }];
  });
}

function endOf(view: RunView, address: string): number | null {
  return view.calls.find((call) => call.address === address)?.endedAt ?? null;
}

interface Sent {
  activity: string;
  fact: Pick<RunFact, 'address' | 'label' | 'asked'>;
}

/** Activities that are known by their addresses. */
class Numbered {
  readonly facts: RunFact[] = [];
  readonly scripts: RunScript[] = [];
  private readonly sent = new Map<number, Sent>();

  add(event: DecodedEvent): void {
    // Ids of events begin anew in each run of a chain.
    if (event.type === 'started') this.sent.clear();
    if (event.type === 'activityScheduled' && READ.has(event.activity) && !JOURNALLED.has(event.activity)) {
      const { address, label } = object(event.tag);
      const asked = event.activity === 'merge' ? { asked: patchesHash(object(event.request)['patches'] ?? null) } : {};
      const fact = { address: text(address) ?? '', label: text(label) ?? '', ...asked };
      this.sent.set(event.id, { activity: event.activity, fact });
    }
    if (event.type === 'activityCompleted') this.completed(event);
    if (event.type === 'activityFailed') {
      const sent = this.sent.get(event.scheduledId);
      const error = { code: codeOf(event.failure), message: event.failure.message };
      if (sent !== undefined && sent.activity !== 'loadScript')
        this.facts.push({ ...sent.fact, at: event.at, settled: { ok: false, error } });
    }
  }

  private completed({ scheduledId, result, at }: Extract<DecodedEvent, { type: 'activityCompleted' }>): void {
    const sent = this.sent.get(scheduledId);
    if (sent === undefined) return;
    const { activity, fact } = sent;
    if (activity !== 'loadScript') {
      this.facts.push({ ...fact, at, settled: { ok: true, value: result } });
      return;
    }
    const { source, name, file } = object(result);
    if (typeof source !== 'string') return;
    const { address, label } = fact;
    this.scripts.push({
      address,
      source,
      name: text(name) ?? label,
      file: text(file) ?? label,
      beganAt: at,
      endedAt: at,
    });
  }
}
