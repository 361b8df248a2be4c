/** A plan for people. */
import { safeLine, safeText } from '../render/sanitize.ts';
import { READ_TOOLS } from '../../protocol/tool-names.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Estimate } from './estimate.ts';
import type { PlannedCall } from './planned-call.ts';

/** Lines without an end; the script last, where it is wanted. Control characters of scripts are made visible. */
export function renderPlan(plan: Estimate, { script }: { script: boolean }): string[] {
  const { name, description, phases, warnings, source } = plan;
  const lines = [
    description === null ? name : `${name}: ${safeLine(description)}`,
    ...phases.flatMap(({ title, calls }) => ['', `  ${title ?? '(no phase)'}`, ...calls.map(callLine)]),
    ...(phases.length === 0 ? ['', '  It calls nothing.'] : []),
    '',
    `Calls: ${callsText(plan.calls)}`,
    `USD: ${usdText(plan)}`,
    ...(plan.models.length === 0 ? [] : [`Models: ${plan.models.join(', ')}`]),
    ...warnings.map((warning) => `warning: ${safeLine(warning)}`),
    ...(script ? ['', ...numbered(source)] : []),
  ];
  return lines.map((line) => safeText(line));
}

function callLine(call: PlannedCall): string {
  const { kind, line, level, label, exact, amounts } = call;
  const indent = '    ' + '  '.repeat(level);
  const place = `line ${line}`;
  if (kind === 'parallel' || kind === 'pipeline') return `${indent}${kind} of ${itemsText(call)} (${place})`;
  const named = label === null || label === '' ? '' : ` ${JSON.stringify(label)}`;
  const about = [...(kind === 'agent' || kind === 'rlm' ? agentText(call) : []), place];
  return `${indent}${exact ? '' : 'at most '}${amounts.map(amountText).join(' + ')} × ${kind}${named} (${about.join('; ')})`;
}

function itemsText({ kind, items, stages }: PlannedCall): string {
  const many = items === null ? '? items' : `${items.toLocaleString('en')} ${items === 1 ? 'item' : 'items'}`;
  return kind === 'pipeline' ? `${many} through ${stages} ${stages === 1 ? 'stage' : 'stages'}` : many;
}

/** `3 × ? findings` */
function amountText({ times, of }: PlannedCall['amounts'][number]): string {
  return [...(times === 1 && of.length > 0 ? [] : [times.toLocaleString('en')]), ...of.map((what) => `? ${what}`)].join(
    ' × ',
  );
}

function agentText({ model, tools, agentType, schema, kind }: PlannedCall): string[] {
  return [
    ...(agentType === null ? [] : [agentType]),
    model ?? "the run's model",
    ...(kind === 'rlm' ? [] : [toolsText(tools)]),
    ...(schema ? ['gives data'] : []),
  ];
}

function toolsText(tools: string[] | null): string {
  if (tools === null) return 'tools computed';
  if (tools.length === 0) return 'no tools';
  const reads = tools.length === READ_TOOLS.length && READ_TOOLS.every((tool) => tools.includes(tool));
  return reads ? 'read tools' : `tools ${tools.join(' ')}`;
}

function callsText({ known, exact, open, maxCalls }: Estimate['calls']): string {
  const limit = `--max-calls ${maxCalls.toLocaleString('en')}`;
  if (open.length === 0) return `${exact ? '' : 'at most '}${known.toLocaleString('en')} (${limit})`;
  const shown = open.slice(0, 4).join(', ') + (open.length > 4 ? ` and ${open.length - 4} more` : '');
  return `${known.toLocaleString('en')} and what hangs on ${shown}: unbounded, limited by ${limit}`;
}

function usdText({ usd, calls }: Estimate): string {
  const { atMost, known, capped, unknown, inputTokens } = usd;
  if (atMost === null) return `unknown: no price is known for ${unknown.join(', ')}`;
  if (capped) return `at most ${money(atMost)} (--max-usd)`;
  if (atMost === 0) return '0';
  const tokens = `${inputTokens.toLocaleString('en')} input tokens a request assumed, ${LIMITS.agentSteps} requests of an agent with tools`;
  const first =
    calls.open.length === 0 || known === null
      ? ''
      : `${money(known)} for the ${calls.known.toLocaleString('en')} known ${calls.known === 1 ? 'call' : 'calls'}, `;
  return `at most ${first}${money(atMost)} for ${calls.atMost.toLocaleString('en')} calls (${tokens}; --max-usd N makes a bound sure)`;
}

function money(usd: number): string {
  return usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2);
}

function numbered(source: string): string[] {
  const lines = source.replace(/\n$/, '').split('\n');
  const width = String(lines.length).length;
  return lines.map((line, index) => `${String(index + 1).padStart(width)} | ${line}`);
}
