import type { RunEvent } from '../../protocol/view.ts';
import { clock, compact, duration, money, plural, usageText } from './format.ts';
import { ROOT } from '../view/addresses.ts';
import { answerCommand, closedText, gateTitle } from './gates.ts';
import { firstLine } from './live-tree.ts';
import { pauseText } from './pause-text.ts';
import { safeLine } from './sanitize.ts';
import { statusText } from './style.ts';

/** An event as one line for pipes and logs: no cursor moves, no colour, no claim that history does not hold. */
export function plainLine(event: RunEvent): string {
  return `${clock(Date.parse(event.at))}  ${textOf(event)}`;
}

function textOf(event: RunEvent): string {
  switch (event.type) {
    case 'run.started':
      return safeLine(`run ${event.run} started: ${event.name}${event.model === null ? '' : `, model ${event.model}`}`);
    case 'phase':
      return `phase ${safeLine(event.title)}`;
    case 'log':
      return safeLine(event.level === 'warning' ? `warning: ${event.text}` : event.text);
    case 'call.started':
      return `start  ${called(event)}${event.why === null ? '' : ` (${safeLine(event.why)})`}`;
    case 'call.replayed':
      return `reused ${called(event)} (from ${safeLine(event.from)})`;
    case 'call.ended':
      return endText(event);
    case 'cell.started':
      return `start  ${cellName(event)}: ${firstLine(event.code)}`;
    case 'cell.ended':
      return cellEndText(event);
    case 'workspace':
      return `workspace read: ${plural(event.files, 'file')}`;
    case 'gate.opened':
      return `${gateTitle(event)}: ${answerCommand(event.run, event)}`;
    case 'gate.closed':
      return `${safeLine(event.gate)} ${closedText(event)}`;
    case 'run.paused':
      return `run ${pauseText(event.run, event)}`;
    case 'run.resumed':
      return 'run resumed';
    case 'run.cancelling':
      return 'run is being cancelled';
    case 'worker.missing':
      return 'BRAID_NO_WORKER: no worker is polling: start one with `braid worker`; finished calls are kept';
    case 'worker.back':
      return 'a worker is polling again';
    case 'connection.lost':
      return 'the server does not answer; waiting for it';
    case 'connection.back':
      return 'the server answers again';
    case 'run.ended':
      return `run ${statusText(event.status)}: ${plural(event.usage.calls, 'call')}, ${usageText(event.usage)}`;
  }
}

function called({ phase, label }: { phase: string | null; label: string }): string {
  return safeLine(phase === null ? label : `${phase} › ${label}`);
}

function cellName({ node, iteration, cell }: { node: string; iteration: number; cell: number }): string {
  return `${node === ROOT ? '' : `${safeLine(node)} `}turn ${iteration}, cell ${cell}`;
}

function cellEndText(event: Extract<RunEvent, { type: 'cell.ended' }>): string {
  const { state, ms, calls, outputChars, error, final } = event;
  const facts = [
    ...(ms === null ? [] : [duration(ms)]),
    ...(calls === 0 ? [] : [plural(calls, 'call')]),
    plural(outputChars, 'character'),
    ...(final ? ['final answer'] : []),
  ];
  return `${state.padEnd(6)} ${cellName(event)} (${facts.join(', ')})${error === null ? '' : `: ${safeLine(error)}`}`;
}

type CallEnded = Extract<RunEvent, { type: 'call.ended' }>;

function endText(event: CallEnded): string {
  const facts = [event.ms === null ? '' : duration(event.ms)];
  const tokens = event.inputTokens + event.outputTokens;
  if (tokens > 0) facts.push(`${compact(tokens)} tokens`, money(event.usd));
  const why = event.error === null ? '' : `: ${event.error.code}: ${safeLine(event.error.message)}`;
  const cost = facts.filter((fact) => fact !== '').join(', ');
  return `${event.state.padEnd(6)} ${called(event)}${cost === '' ? '' : ` (${cost})`}${why}`;
}
