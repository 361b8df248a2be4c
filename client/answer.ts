/**
 * Answers of people to gates (DW-51).
 *
 *  A1  An answer carries the digest of what its giver was shown: what has changed since refuses it.
 *  A2  What a person types becomes a value only where the gate leaves no doubt what it means; else the error shows the schema.
 */
import { BraidError } from '../protocol/errors.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { GateView, RunView } from '../protocol/view.ts';

type Asking = Pick<RunView, 'run' | 'gates' | 'status' | 'endedAt'>;

/**
 * The open gate that is meant: by its name, or the only one. Errors: BRAID_GATE_UNKNOWN, BRAID_GATE_CLOSED, BRAID_RUN_ENDED, BRAID_USAGE
 * when several are open.
 */
export function pickGate({ run, gates, status, endedAt }: Asking, name: string | undefined): GateView {
  const open = gates.filter(({ state }) => state === 'open');
  if (name === undefined) {
    const [only, ...others] = open;
    if (only !== undefined && others.length === 0) return only;
    if (only === undefined && endedAt !== null)
      throw new BraidError('BRAID_RUN_ENDED', `The run ${run} has ended (${status}).`);
    if (only === undefined) throw new BraidError('BRAID_GATE_UNKNOWN', `${run} waits for nobody: it has no open gate.`);
    throw new BraidError('BRAID_USAGE', `${run} has ${open.length} open gates: ${listed(open)}.`, {
      fix: `Name one: braid answer ${run} ${only.gate}`,
    });
  }
  const found = gates.findLast(({ gate }) => gate === name);
  if (found === undefined) {
    const there = open.length === 0 ? 'It has none that is open.' : `Open: ${listed(open)}.`;
    throw new BraidError('BRAID_GATE_UNKNOWN', `${run} has no gate ${JSON.stringify(name)}.`, { fix: there });
  }
  if (found.state === 'open') return found;
  throw new BraidError('BRAID_GATE_CLOSED', `The gate ${name} of ${run} is closed: ${howClosed(found)}.`);
}

/** Splits the words after the run's id into the gate's name, when the first one is that, and the text of the answer. */
export function splitWords(
  gates: readonly GateView[],
  words: readonly string[],
): { gate: string | undefined; text: string | undefined } {
  const [first, ...rest] = words;
  const named =
    first !== undefined && (/^[a-z]+:\d+(\/[a-z]+:\d+)*$/.test(first) || gates.some(({ gate }) => gate === first));
  const said = named ? rest : words;
  return { gate: named ? first : undefined, text: said.length === 0 ? undefined : said.join(' ') };
}

/** The value that a typed text stands for (A2). Errors: BRAID_ANSWER_INVALID. */
export function valueOfText(gate: Pick<GateView, 'kind' | 'schema' | 'gate'>, text: string): Json {
  const types = gate.kind === 'approve' ? ['boolean'] : typesOf(gate.schema);
  if (types.includes('string')) return text;
  if (types.length === 1 && types[0] === 'boolean') {
    const word = text.trim().toLowerCase();
    if (['y', 'yes', 'true', 'approve', 'approved'].includes(word)) return true;
    if (['n', 'no', 'false', 'reject', 'rejected'].includes(word)) return false;
    throw unfit(gate, text, 'it wants yes or no');
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw unfit(gate, text, 'it wants a value of its schema, as JSON');
  }
}

/** What a person is shown of a gate, line by line. */
export function gateText({ gate, kind, question, details, schema, expiresAt }: GateView, now: number): string[] {
  const left = expiresAt === null ? '' : ` (closes in ${Math.max(0, Math.round((expiresAt - now) / 60_000))} min)`;
  return [
    `${gate}  ${kind === 'approve' ? 'approve' : 'ask'}${left}: ${question}`,
    ...(details === null ? [] : details.split('\n').map((line) => `  ${line}`)),
    ...(schema === null ? [] : [`  schema: ${JSON.stringify(schema)}`]),
  ];
}

/** Types that a schema allows; without one an answer is a text. */
function typesOf(schema: JsonObject | null): string[] {
  if (schema === null) return ['string'];
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.map(String);
  return Array.isArray(schema.enum) && schema.enum.every((one) => typeof one === 'string') ? ['string'] : [];
}

function unfit(
  { kind, gate, schema }: Pick<GateView, 'kind' | 'gate' | 'schema'>,
  text: string,
  why: string,
): BraidError {
  const said = JSON.stringify(text.slice(0, 100));
  const wanted = schema === null ? '' : ` that fits ${JSON.stringify(schema)}`;
  return new BraidError('BRAID_ANSWER_INVALID', `${said} does not fit the gate ${gate}: ${why}.`, {
    fix: kind === 'approve' ? 'Give --yes or --no.' : `Give --value JSON${wanted}.`,
  });
}

function howClosed({ state, value, by }: GateView): string {
  if (state !== 'answered') return state;
  const shown = JSON.stringify(value).slice(0, 100);
  return by === null ? `answered with ${shown}` : `answered by ${by} with ${shown}`;
}

function listed(gates: readonly GateView[]): string {
  return gates.map(({ gate, question }) => `${gate} (${question.slice(0, 60)})`).join(', ');
}
