/**
 * How `offline/rlm` plays a root: look, work, check and answer, one cell a turn. What it does next depends on the question and
 * on what its cells have printed, never on the context itself.
 */
import type { Conversation } from '../rule-model.ts';
import { ALL_LINES, LOOK } from './cells/look.ts';
import { replyOf, type Cells } from './cells/cells.ts';
import { countCells } from './cells/count.ts';
import { entryCells } from './cells/entries.ts';
import { letterCells } from './cells/letters.ts';
import { licenceCells } from './cells/licences.ts';
import { placeCells, valueCells } from './cells/search.ts';
import { lastFailed, lastMark, questionIn, refusedFinal, wantsAnswerNow, type Mark } from './shown.ts';
import { taskOf, type Task } from './task.ts';
import { UNDERSTOOD } from './understood.ts';

/** The next answer of a root: prose with one fenced cell, or the final text where no cell is wanted. */
export function playRoot(conversation: Conversation): string {
  const task = taskOf(questionIn(conversation.user[0] ?? ''));
  const mark = lastMark(conversation);
  if (wantsAnswerNow(conversation)) return answerNow(mark);
  const refused = refusedFinal(conversation);
  if (refused !== null) return cell('I give the same answer in the shape that is wanted.', reshaped(refused));
  if (lastFailed(conversation)) return giveUp(conversation);
  const cells = cellsOf(task);
  if (cells === null) return cell('I do not understand this question.', replyOf(JSON.stringify(UNDERSTOOD)));
  const looks = task.kind !== 'letters';
  if (mark === null && looks) return cell('I look at the shape of the context first.', LOOK);
  if (mark === null || mark.name === 'look') return cell('Now the work, by code.', ALL_LINES, cells.work(mark));
  return cell('I check the result and answer.', cells.finish(mark));
}

/** A refusal names the properties that are missing, once the final is an object. */
function reshaped({ missing }: { missing: string[] }): string {
  return missing.length === 0
    ? 'FINAL({})'
    : `FINAL({ ${missing.map((name) => `${JSON.stringify(name)}: reply`).join(', ')} })`;
}

function cellsOf(task: Task): Cells | null {
  switch (task.kind) {
    case 'count':
      return countCells(task);
    case 'place':
      return placeCells(task);
    case 'value':
      return valueCells(task);
    case 'group':
    case 'pairs':
      return entryCells(task);
    case 'licences':
      return licenceCells();
    case 'letters':
      return letterCells(task);
    case 'unknown':
      return null;
  }
}

/** A rule that failed once fails again: the error is worth more to the reader than another try. */
function giveUp({ user }: Conversation): string {
  const shown = (user.at(-1) ?? '').trim().slice(0, 500);
  return cell(
    'My cell failed.',
    `FINAL(${JSON.stringify(`No answer: a cell of offline/rlm failed. It was shown: ${shown}`)})`,
  );
}

function answerNow(mark: Mark | null): string {
  if (mark === null || mark.data['answer'] === undefined) return 'No answer: the work had not come to a result.';
  const { answer } = mark.data;
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}

function cell(say: string, ...code: string[]): string {
  return `${say}\n\n\`\`\`js\n${code.filter((part) => part !== '').join('\n')}\n\`\`\``;
}
