/**
 * `offline/reviewer`: a rule program that reviews JavaScript and TypeScript. It knows as many patterns as it has rules, and
 * decides only from what it is shown: it asks for files by the tools it is offered, and for every claim it checks it reads
 * the file again and looks around the line.
 */
import { setImmediate } from 'node:timers/promises';
import type { Conversation, RuleAnswer } from '../rule-model.ts';
import { minimalValue } from '../fill.ts';
import { addedLines } from './added-lines.ts';
import { fillAnswer, type Answer } from './answer.ts';
import { checkIn, findIn, RULES, rulesOf } from './find.ts';
import { gather, type Gathered } from './gather.ts';
import type { Finding } from './rule.ts';
import { parseSource, type SourceFile } from './source.ts';
import { taskOf, type Claim, type Task } from './task.ts';

const MAX_FINDINGS = 200;

export async function reviewer(conversation: Conversation): Promise<RuleAnswer> {
  const { submitSchema, turns } = conversation;
  const task = taskOf(conversation);
  const step = gather(conversation, task);
  if ('ask' in step) return step.ask;
  const answer = task.kind === 'verify' ? verify(task, step.done) : await review(task, step.done);
  if (submitSchema === null) return { text: answer.text };
  // An answer that was not accepted is not given twice: the plainest value that fits is better than a loop.
  const refused = turns.some((turn) => turn.name === 'submit');
  return {
    calls: [
      { name: 'submit', input: refused ? minimalValue(submitSchema, submitSchema) : fillAnswer(submitSchema, answer) },
    ],
  };
}

async function review(task: Task, gathered: Gathered): Promise<Answer> {
  const rules = rulesOf(task.dimensions);
  const findings: Finding[] = [];
  const unread = [...gathered.missing.map(({ path }) => path)];
  for (const [path, lines] of gathered.files) {
    // A worker has other calls to keep alive: parsing a large folder in one go would starve their heartbeats.
    await setImmediate();
    const added = task.onlyAdded && gathered.patch !== null ? addedLines(gathered.patch, path) : null;
    const isAsked = ({ file, line }: Finding): boolean =>
      !task.known.has(`${file}:${line}`) && added?.has(line) !== false;
    const found = understood(path, lines, (source) => findIn(source, rules));
    if (found === null) unread.push(path);
    else findings.push(...found.filter(isAsked));
  }
  const shown = findings.slice(0, MAX_FINDINGS);
  const head = `${count(findings.length, 'finding')} of ${rules.length} rules in ${count(gathered.files.size, 'file')}.`;
  const rest = [
    unread.length > 0
      ? `Not understood: ${unread.slice(0, 10).join(', ')}${unread.length > 10 ? ` and ${unread.length - 10} more` : ''}.`
      : '',
    gathered.leftOut > 0 ? `${count(gathered.leftOut, 'file')} not read: too many for one review.` : '',
    findings.length > MAX_FINDINGS ? `Only the first ${MAX_FINDINGS} are listed.` : '',
  ];
  const summary = [head, ...rest].filter((part) => part !== '').join(' ');
  const list = shown.map(
    (finding) => `- ${finding.file}:${finding.line} ${finding.rule.title}: \`${finding.code}\`. ${finding.why}`,
  );
  const files = task.kind === 'list' ? gathered.listed : [...gathered.files.keys()];
  const text = task.kind === 'list' ? files.join('\n') : [summary, ...list].join('\n');
  return { kind: 'review', text, summary, findings: shown, files };
}

interface Judgement {
  real: boolean;
  reason: string;
  finding: Finding | null;
}

/** A claim holds when the rule still finds the line and nothing around it speaks against it. */
function verify(task: Task, gathered: Gathered): Answer {
  const claims: Claim[] = task.claims.length > 0 ? task.claims : [{ file: null, line: null, title: '' }];
  const only = gathered.listed.length === 1 ? (gathered.listed[0] ?? null) : null;
  const judged = claims.map((claim) => judge({ ...claim, file: claim.file ?? only }, gathered));
  const real = judged.some((judgement) => judgement.real);
  const reasons = judged.map((judgement) => judgement.reason);
  const reason = reasons.join(' ');
  return {
    kind: 'verdict',
    text: `${real ? 'Confirmed' : 'Refuted'}: ${reason}`,
    summary: reason,
    real,
    findings: judged.flatMap((judgement) => judgement.finding ?? []),
    files: [...gathered.files.keys()],
    claim: claims[0] ?? null,
  };
}

function judge(claim: Claim, gathered: Gathered): Judgement {
  const no = (reason: string): Judgement => ({ real: false, reason, finding: null });
  if (claim.file === null || claim.line === null)
    return no('The claim names no file and line, so there is nothing to check it against.');
  const path = claim.file.replace(/^\.\//, '');
  const lines = gathered.files.get(path);
  if (lines === undefined) {
    const why = gathered.missing.find((missing) => missing.path === path)?.why ?? 'it was not read';
    return no(`${path} cannot be checked: ${why}`);
  }
  const code = lines[claim.line - 1];
  if (code === undefined) return no(`${path} has ${lines.length} lines, so there is no line ${claim.line}.`);
  const checked = understood(path, lines, checkIn);
  if (checked === null) return no(`${path} is not JavaScript or TypeScript that this program can parse.`);
  const here = checked.filter(({ finding }) => finding.line === claim.line);
  const meant = here.find(({ finding }) => claim.title.includes(finding.rule.title)) ?? here[0];
  if (meant === undefined)
    return no(
      `Line ${claim.line} of ${path} shows none of the ${RULES.length} problems this program knows: \`${code.trim()}\`.`,
    );
  const { finding, doubt } = meant;
  if (doubt !== null) return { real: false, reason: doubt, finding };
  return {
    real: true,
    reason: `Read again with what stands around it, line ${claim.line} still shows it. ${finding.why}`,
    finding,
  };
}

/** Null for a file that cannot be parsed, or whose nesting is too deep to be walked. */
function understood<T>(path: string, lines: string[], look: (source: SourceFile) => T): T | null {
  try {
    const source = parseSource(path, lines);
    return source === null ? null : look(source);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
