/** Places where a run waits for a person, as people see them (DW-51). What is asked was written by a script or a model. */
import type { Json } from '../../protocol/json.ts';
import type { GateView, RunView } from '../../protocol/view.ts';
import { duration, plural } from './format.ts';
import { safeLine, safeText } from './sanitize.ts';
import type { Paint } from './style.ts';
import { fit } from './width.ts';

const TOLD = 2;
const VALUE_CHARS = 200;
const GLYPHS: Record<GateView['state'], string> = { open: '?', answered: '✓', timeout: '–', cancelled: '–' };

export function openGates({ gates, endedAt }: RunView): GateView[] {
  return endedAt === null ? gates.filter(({ state }) => state === 'open') : [];
}

/** What to type. */
export function answerCommand(run: string, { gate, kind }: Pick<GateView, 'gate' | 'kind'>): string {
  const command = `braid answer ${safeLine(run)} ${safeLine(gate)} --value`;
  return kind === 'approve' ? `${command} true (or false)` : `${command} …`;
}

/** `ask:1 waits for a person: Which branch?` */
export function gateTitle({ gate, question }: Pick<GateView, 'gate' | 'question'>): string {
  return `${safeLine(gate)} waits for a person: ${safeLine(question)}`;
}

/** The first open gates for a live screen, each with its command. */
export function liveGates(view: RunView, { width, now }: { width: number; now: number }, paint: Paint): string[] {
  const open = openGates(view);
  const lines = open.slice(0, TOLD).flatMap((gate) => {
    const left = gate.expiresAt === null ? '' : ` (${duration(gate.expiresAt - now)} left)`;
    return [`? ${gateTitle(gate)}${left}`, `  ${answerCommand(view.run, gate)}`];
  });
  if (open.length > TOLD)
    lines.push(`? ${plural(open.length - TOLD, 'more question')}: braid show ${safeLine(view.run)}`);
  return lines.map((line) => paint('magenta', fit(line, width)));
}

/** All gates of a run, for `braid show RUN`. */
export function gateSection(view: RunView, options: { width: number; now: number }, paint: Paint): string[] {
  if (view.gates.length === 0) return [];
  const open = openGates(view).length;
  const told = open === 0 ? plural(view.gates.length, 'gate') : `${open} of ${plural(view.gates.length, 'gate')} open`;
  const lines = view.gates.flatMap((gate) => gateLines(view.run, gate, options, paint));
  return ['', `${paint('bold', 'people')}  ${paint('dim', told)}`, ...lines];
}

function gateLines(
  run: string,
  gate: GateView,
  { width, now }: { width: number; now: number },
  paint: Paint,
): string[] {
  const room = Math.max(20, width - 4);
  const left = gate.expiresAt === null ? '' : `, ${duration(gate.expiresAt - now)} left`;
  const state = gate.state === 'open' ? `waits for ${duration(now - gate.openedAt)}${left}` : closedText(gate);
  const head = `  ${GLYPHS[gate.state]} ${fit(`${safeLine(gate.gate)}  ${gate.kind}  ${state}`, room)}`;
  if (gate.state !== 'open') return [paint('dim', head), `    ${fit(safeLine(gate.question), room)}`];
  return [
    paint('magenta', head),
    ...block(gate.question),
    ...(gate.details === null ? [] : block(gate.details)),
    ...(gate.schema === null ? [] : [`    schema ${safeText(JSON.stringify(gate.schema))}`]),
    `    ${answerCommand(run, gate)}`,
  ];
}

/** What a person decides about is shown whole, and cannot pass for a line of ours. */
function block(text: string): string[] {
  return safeText(text)
    .split('\n')
    .map((line) => `    │ ${line}`);
}

/** `answered by ann: "main"`, `timed out`, `given up`. */
export function closedText({ state, value, by }: Pick<GateView, 'state' | 'value' | 'by'>): string {
  if (state === 'cancelled') return 'given up';
  const who = state === 'timeout' ? 'timed out' : `answered${by === null ? '' : ` by ${safeLine(by)}`}`;
  return state === 'timeout' && value === null ? who : `${who}: ${valueText(value)}`;
}

function valueText(value: Json): string {
  const text = JSON.stringify(value);
  return safeLine(text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS)}…` : text);
}
