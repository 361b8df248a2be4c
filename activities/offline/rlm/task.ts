/** What a question asks for. Anything that is not clearly one of these is `unknown`: a rule program does not guess. */

export type Task =
  | CountTask
  | PlaceTask
  | ValueTask
  | GroupTask
  | PairsTask
  | LicenceTask
  | LettersTask
  | { kind: 'unknown' };

/** How many lines, files or times. */
export interface CountTask {
  kind: 'count';
  unit: 'lines' | 'files' | 'times';
  what: string;
  /** The question wants each file or part to be counted by a recursive call. */
  recursive: boolean;
}

/** Which lines or files hold a text. */
export interface PlaceTask {
  kind: 'place';
  unit: 'lines' | 'files';
  what: string;
}

/** The value that follows a phrase: a needle. */
export interface ValueTask {
  kind: 'value';
  /** What the value is for, for example `blue-otter` in "the magic number for blue-otter". */
  key: string;
}

/** Entries by label. */
export interface GroupTask {
  kind: 'group';
  ask: 'counts' | 'most' | 'least' | 'one' | 'compare';
  /** All labels that the question names, in its order; those of `one` and `compare` stand in `about`. */
  labels: string[];
  about: string[];
  /** Only entries of these users; empty: all. */
  users: string[];
}

/** Pairs of users who both have an entry with one of these labels. */
export interface PairsTask {
  kind: 'pairs';
  labels: string[];
  about: string[];
}

/** Packages whose declared licence is not the one they ship. */
export interface LicenceTask {
  kind: 'licences';
}

/** Names of some categories, with how often a letter stands in each. */
export interface LettersTask {
  kind: 'letters';
  categories: string[];
  names: number;
  letter: string;
  /** The question wants the whole output printed and the answer typed, not returned by a variable. */
  typed: boolean;
}

const QUOTED = /"([^"\n]{1,200})"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?<![\w])'([^'\n]{1,200})'(?![\w])/g;

/** Longest question that is looked at: patterns over megabytes of prompt would be slow, and no question is that long. */
const QUESTION_CHARS = 8_000;

/** Deterministic; a pure function of the question's text. */
export function taskOf(question: string): Task {
  const asked = question.slice(0, QUESTION_CHARS);
  return (
    lettersTask(asked) ??
    licenceTask(asked) ??
    pairsTask(asked) ??
    groupTask(asked) ??
    valueTask(asked) ??
    searchTask(asked) ?? { kind: 'unknown' }
  );
}

function lettersTask(asked: string): LettersTask | null {
  const names = /(\d{1,4}) names of/i.exec(asked);
  const letter = /number of (?:the letter )?["'`]?([a-z])["'`]?s? in each/i.exec(asked)?.[1];
  if (names === null || letter === undefined) return null;
  const listed = /categories: ([a-z, ]+)\./i.exec(asked)?.[1];
  const single = /names of ([a-z]+)/i.exec(asked)?.[1] ?? '';
  const categories = (listed ?? single).split(',').map((name) => name.trim().toLowerCase());
  const typed = /type (?:out )?the (?:final |whole )*(?:answer|dictionary)/i.test(asked);
  return { kind: 'letters', categories, names: Number(names[1]), letter: letter.toLowerCase(), typed };
}

function licenceTask(asked: string): LicenceTask | null {
  return /\blicen[cs]e/i.test(asked) && /\bpackages?\b/i.test(asked) && /\bdeclare/i.test(asked)
    ? { kind: 'licences' }
    : null;
}

function pairsTask(asked: string): PairsTask | null {
  if (!/\bpairs of users?\b|\bpairs of user ids\b/i.test(asked)) return null;
  return { kind: 'pairs', labels: labelsOf(asked), about: quotedIn(asked.slice(asked.search(/\bpairs of user/i))) };
}

function groupTask(asked: string): GroupTask | null {
  if (!/\blabels?\b|\bcategor(?:y|ies)\b/i.test(asked)) return null;
  const labels = labelsOf(asked);
  // What is asked stands after the list of labels.
  const rest = asked.slice(LABEL_LIST.exec(asked)?.[0].length === undefined ? 0 : endOfList(asked));
  const about = quotedIn(rest);
  const users =
    /\busers? ((?:[\w-]*\d[\w-]*(?:, ?| and )?)+)/i
      .exec(rest)?.[1]
      ?.split(/, ?| and /)
      .filter(Boolean) ?? [];
  if (/more common|less common|same frequency/i.test(rest) && about.length >= 2)
    return { kind: 'group', ask: 'compare', labels, about: about.slice(0, 2), users };
  if (/least (?:common|frequent|often)/i.test(rest)) return { kind: 'group', ask: 'least', labels, about, users };
  if (/most (?:common|frequent|often)/i.test(rest)) return { kind: 'group', ask: 'most', labels, about, users };
  if (/how many/i.test(rest) && about.length > 0)
    return { kind: 'group', ask: 'one', labels, about: about.slice(0, 1), users };
  if (/\bcount|how many|how often/i.test(rest)) return { kind: 'group', ask: 'counts', labels, about, users };
  return null;
}

const LABEL_LIST = /(?:labels|categories)(?: is| are)?: [^.?\n]*/i;

function endOfList(asked: string): number {
  const list = LABEL_LIST.exec(asked);
  return list === null ? 0 : list.index + list[0].length;
}

/** `categories: 'a', 'b'`: the labels that entries may have. */
function labelsOf(asked: string): string[] {
  return quotedIn(LABEL_LIST.exec(asked)?.[0] ?? '');
}

function valueTask(asked: string): ValueTask | null {
  const match =
    /(?:magic |secret |special )+(?:number|value|code|word) for (.{1,200}?)(?: mentioned| in (?:the|this)|[?.]|\n|$)/i.exec(
      asked,
    );
  const key = match?.[1]?.replaceAll(/^["'`“]|["'`”]$/g, '').trim();
  return key === undefined || key === '' ? null : { kind: 'value', key };
}

const HOLDS = /\b(?:contain|mention|include|hold|have|say|match)(?:s|es|ing)?\b/i;

function searchTask(asked: string): CountTask | PlaceTask | null {
  const what = quotedIn(asked)[0] ?? unquoted(asked);
  if (what === null) return null;
  const count = /how (?:many (lines|files|times)|often)/i.exec(asked);
  if (count !== null && (count[1] === undefined || count[1].toLowerCase() === 'times' || HOLDS.test(asked))) {
    const unit = (count[1]?.toLowerCase() ?? 'times') as CountTask['unit'];
    return { kind: 'count', unit, what, recursive: /\brecursive|\brlm_query\b/i.test(asked) };
  }
  const place = /which (lines?|files?)\b/i.exec(asked);
  if (place === null || !HOLDS.test(asked)) return null;
  return { kind: 'place', unit: place[1]?.toLowerCase().startsWith('line') === true ? 'lines' : 'files', what };
}

/** "…contain the word X?" without quotes. */
function unquoted(asked: string): string | null {
  const match =
    /\b(?:contain|mention|include|hold|have|say)s? (?:the (?:word|text|string|phrase) )?([^\s?.,;]{1,200})/i.exec(
      asked,
    );
  return (
    match?.[1] ??
    /how (?:often|many times) (?:does|is|do|are) (?:the (?:word|text|string|phrase) )?(\S{1,200})/i.exec(asked)?.[1] ??
    null
  );
}

function quotedIn(text: string): string[] {
  return [...text.matchAll(QUOTED)].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
}
