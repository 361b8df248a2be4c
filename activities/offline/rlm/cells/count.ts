import { replyOf, type Cells } from './cells.ts';
import type { CountTask } from '../task.ts';

/** Counts, then counts again in another way; or asks a recursive call for each part. */
export function countCells(task: CountTask): Cells {
  const what = JSON.stringify(task.what);
  return {
    work: (shown) => {
      if (task.recursive) return recursive(task, Number(shown?.data['parts'] ?? 0) > 1);
      return `${COUNTERS}
let result = 0
for (const { text } of texts) result += ${COUNT[task.unit](what)}
print('@work ' + JSON.stringify({ answer: result }))`;
    },
    finish: () => `let again = 0
for (const { text } of texts) again += ${RECOUNT[task.unit](what)}
${replyOf("again === result ? result : 'No answer: two ways of counting differ: ' + result + ' and ' + again")}`,
  };
}

const COUNT: { [unit in CountTask['unit']]: (what: string) => string } = {
  lines: (what) => `linesWith(text, ${what})`,
  files: (what) => `Number(text.includes(${what}))`,
  times: (what) => `timesIn(text, ${what})`,
};

/** The other way: of huge texts both halves, of others what stands between the hits. */
const RECOUNT: { [unit in CountTask['unit']]: (what: string) => string } = {
  lines: (what) => `inHalves(text, ${what}, linesWith) ?? linesAround(text, ${what})`,
  files: (what) => `Number(timesIn(text, ${what}) > 0)`,
  times: (what) => `inHalves(text, ${what}, timesIn) ?? timesByPieces(text, ${what})`,
};

/**
 * A text by reference is searched by the host, whatever its size; so are few hits. Many hits are counted in the guest, piece
 * by piece, which is good for some 100 MB. Plain strings of other systems' REPLs have neither `count` nor `grep`.
 */
const COUNTERS = `function timesIn(text, what) {
  return typeof text.count === 'function' ? text.count(what) : text.split(what).length - 1
}
function timesByPieces(text, what) {
  let times = 0
  eachPiece(text, (piece) => { times += piece.split(what).length - 1 })
  return times
}
function linesWith(text, what) {
  if (typeof text.grep === 'function' && timesIn(text, what) <= 5000) {
    return new Set(text.grep(what, { limit: 5000 }).map(({ line }) => line)).size
  }
  let lines = 0
  eachPiece(text, (piece) => {
    for (let at = piece.indexOf(what); at !== -1;) {
      lines++
      const end = piece.indexOf('\\n', at)
      at = end === -1 ? -1 : piece.indexOf(what, end)
    }
  })
  return lines
}
function linesAround(text, what) {
  let lines = 0
  eachPiece(text, (piece) => {
    const between = piece.split(what).slice(1)
    // What stands between two hits has a line break, unless they share a line.
    between.forEach((part, i) => { if (i === between.length - 1 || part.includes('\\n')) lines++ })
  })
  return lines
}
function inHalves(text, what, count) {
  if (text.length < 100000000) return null
  const middle = text.indexOf('\\n', Math.floor(text.length / 2)) + 1
  return count(text.slice(0, middle), what) + count(text.slice(middle), what)
}`;

function recursive(task: CountTask, many: boolean): string {
  const question = JSON.stringify(`How ${UNIT_WORDS[task.unit]} contain ${JSON.stringify(task.what)}?`);
  return `${COUNTERS}
${many ? 'const parts = texts.map(({ text }) => text)' : HALVES}
const counts = await rlm_query_batched(parts.map((part) => [${question}, part]))
const failed = counts.filter((count) => !Number.isInteger(Number(count?.error === undefined ? count : NaN)))
const result = failed.length > 0 ? 'No answer: ' + failed.length + ' recursive calls failed' : counts.reduce((sum, count) => sum + Number(count), 0)
print('@work ' + JSON.stringify({ answer: result, parts: parts.length }))`;
}

const UNIT_WORDS: { [unit in CountTask['unit']]: string } = {
  lines: 'many lines',
  files: 'many files',
  times: 'many times',
};

/** One text is cut at the line break after its middle. */
const HALVES = `const whole = texts[0].text
const middle = whole.indexOf('\\n', Math.floor(whole.length / 2)) + 1
const parts = middle === 0 ? [whole] : [whole.slice(0, middle), whole.slice(middle)]`;
