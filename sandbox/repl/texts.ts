/**
 * The session's texts as guests ask for them.
 *
 *  T1  A span is valid for its text, or the message is forged: no guest reads what is not its session's.
 *  T2  What a text refuses (too large, a pattern that does not compile, a search that took too long) is an error in the guest;
 *      only the sandbox's own limits end it.
 *  T3  Gas is charged for the host's work by numbers that depend on the texts alone, so it is the same on every replay.
 */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { REPL, TEXT_GAS } from '../../protocol/limits.ts';
import type { GrepHit, GrepPattern, TextSource, TextSpan, TextStats } from '../../protocol/text-source.ts';
import { countIn, forged, listIn, textIn } from './forged.ts';
import type { GuestSpan, ReplGuestOptions } from './types.ts';

/** Parts of texts that are searched again and again, in a loop over chunks. */
const VIEWS = 16;

export class TextDesk {
  readonly #texts: readonly TextSource[];
  /** How many of them are the context's. */
  readonly #parts: number;
  readonly #operation: ReplGuestOptions['operation'];
  readonly #charge: (gas: number) => void;
  readonly #views = new Map<string, TextSource>();
  #reply: { value: Json } | { error: Json } | null = null;

  constructor(options: Pick<ReplGuestOptions, 'texts' | 'operation'>, parts: number, charge: (gas: number) => void) {
    this.#texts = options.texts;
    this.#parts = parts;
    this.#operation = options.operation;
    this.#charge = charge;
  }

  /** Characters as they are, or undefined when they have to be fetched by {@link take}. */
  read(message: JsonObject): string | undefined {
    const { doc, start, end } = spanOf(message['of'], this.#texts);
    this.#charge(TEXT_GAS.operation + Math.ceil((end - start) / TEXT_GAS.readChars));
    const reply = this.#attempt(() => this.#text(doc).slice(start, end));
    // A C string ends at a NUL, and UTF-8 has no half pairs.
    if ('value' in reply && typeof reply.value === 'string' && !/\0/.test(reply.value) && reply.value.isWellFormed()) {
      return reply.value;
    }
    this.#reply = reply;
    return undefined;
  }

  /** The last answer that {@link read} could not give, as JSON. */
  take(): string {
    const reply = this.#reply;
    if (reply === null) throw forged('takes an answer that is not there');
    this.#reply = null;
    return JSON.stringify(reply);
  }

  ask(message: JsonObject): string {
    const op = textIn(message, 'op');
    const args = listIn(message, 'args');
    this.#charge(TEXT_GAS.operation);
    const span = op.endsWith('Files') ? null : spanOf(message['of'], this.#texts);
    const text = JSON.stringify(this.#attempt(() => this.#answer(op, span, args)));
    if (text.length > REPL.stringChars) {
      const limit = 'Ask for fewer: a lower limit, a narrower pattern, a smaller part.';
      const error = { code: 'BRAID_CONTEXT_TOO_LARGE', message: `The result of ${op} is too large. ${limit}` };
      return JSON.stringify({ error });
    }
    this.#charge(Math.ceil(text.length / TEXT_GAS.readChars));
    return text;
  }

  #attempt(work: () => unknown): { value: Json } | { error: Json } {
    try {
      return { value: work() as Json };
    } catch (error) {
      if (!isBraidError(error) || error.code.startsWith('BRAID_SANDBOX_')) throw error;
      return { error: { code: error.code, message: `${error.message} ${error.fix}` } };
    }
  }

  #answer(op: string, span: GuestSpan | null, args: Json[]): unknown {
    if (span === null) return this.#overFiles(op, args);
    const source = this.#view(span);
    const [first, second] = args;
    switch (op) {
      case 'indexOf':
        return this.#scan(op, source.length, literal(first), () => source.indexOf(textOf(first), countIn(second)));
      case 'lastIndexOf':
        return this.#scan(op, source.length, literal(first), () => source.lastIndexOf(textOf(first), countIn(second)));
      case 'count':
        return this.#scan(op, source.length, literal(first), () => source.count(textOf(first)));
      case 'grep':
        return this.#grep([source], first, second).map(({ hit }) => hit);
      case 'lineSpan':
        return lineSpan(source, first, second);
      case 'chunks':
        return this.#scan(op, source.length, undefined, () => chunks(source, first));
      case 'sample':
        return this.#scan(op, 0, undefined, () => source.sample(Math.min(countIn(first), REPL.hits), countIn(second)));
      case 'stats':
        return this.#scan(op, source.length, undefined, () => source.stats());
      default:
        throw forged('asks a text for something unknown');
    }
  }

  #overFiles(op: string, args: Json[]): unknown {
    const files = this.#texts.slice(0, this.#parts);
    if (op === 'grepFiles') {
      return this.#grep(files, args[0], args[1]).map(({ name, hit }) => ({ name, ...hit }));
    }
    if (op !== 'statsFiles') throw forged('asks the files for something unknown');
    const chars = files.reduce((sum, file) => sum + file.length, 0);
    return this.#scan(op, chars, undefined, () => joinedStats(files.map((file) => file.stats())));
  }

  /** Hits of several texts in their order, up to the limit. Only what was searched is charged. */
  #grep(
    sources: readonly TextSource[],
    query: Json | undefined,
    wanted: Json | undefined,
  ): { name: string; hit: GrepHit }[] {
    const pattern = patternOf(query);
    if (!isJsonObject(wanted)) throw forged('searches without options');
    const limit = Math.min(countIn(wanted['limit']), REPL.hits);
    const around = Math.min(countIn(wanted['around']), REPL.hits);
    const hits: { name: string; hit: GrepHit }[] = [];
    let searched = 0;
    this.#operated('grep', pattern, () => {
      for (const source of sources) {
        if (hits.length >= limit) break;
        const found = source.grep(pattern, { limit: limit - hits.length, around });
        for (const hit of found) hits.push({ name: source.name, hit });
        searched += hits.length < limit ? source.length : (found.at(-1)?.index ?? 0);
      }
    });
    this.#charge(Math.ceil(searched / ('text' in pattern ? TEXT_GAS.literalChars : TEXT_GAS.patternChars)));
    return hits;
  }

  #scan<T>(name: string, chars: number, pattern: GrepPattern | undefined, work: () => T): T {
    this.#charge(Math.ceil(chars / TEXT_GAS.literalChars));
    return this.#operated(name, pattern, work);
  }

  #operated<T>(name: string, pattern: GrepPattern | undefined, work: () => T): T {
    this.#operation?.before(name, pattern);
    try {
      return work();
    } finally {
      this.#operation?.after();
    }
  }

  #text(doc: number): TextSource {
    const text = this.#texts[doc];
    if (text === undefined) throw forged('names a text that is not there');
    return text;
  }

  #view({ doc, start, end }: GuestSpan): TextSource {
    const text = this.#text(doc);
    if (start === 0 && end === text.length) return text;
    const key = `${doc}:${start}:${end}`;
    const view = this.#views.get(key) ?? text.view(start, end);
    this.#views.delete(key);
    this.#views.set(key, view);
    const [oldest] = this.#views.keys();
    if (this.#views.size > VIEWS && oldest !== undefined) this.#views.delete(oldest);
    return view;
  }
}

/** `[doc, start, end]`, checked against the texts. */
export function spanOf(value: Json | undefined, texts: readonly TextSource[]): GuestSpan {
  if (!Array.isArray(value) || value.length !== 3) throw forged('has no span');
  const [doc, start, end] = value.map(countIn) as [number, number, number];
  const text = texts[doc];
  if (text === undefined || start > end || end > text.length) throw forged('names a part of a text that is not there');
  return { doc, start, end };
}

/** `from` and `to` as `slice` takes them. */
function lineSpan(source: TextSource, from: Json | undefined, to: Json | undefined): TextSpan & { count: number } {
  const { lines } = source;
  const index = (value: Json | undefined): number => {
    if (!Number.isSafeInteger(value)) throw forged('asks for lines without numbers');
    const number = Number(value);
    return number < 0 ? Math.max(0, lines + number) : Math.min(number, lines);
  };
  const first = index(from);
  const last = Math.max(first, index(to));
  return { ...source.lineSpan(first, last), count: last - first };
}

function chunks(source: TextSource, options: Json | undefined): TextSpan[] {
  if (!isJsonObject(options)) throw forged('cuts without options');
  const { by } = options;
  if (by !== 'chars' && by !== 'lines' && by !== 'headings') throw forged('cuts by something unknown');
  const size = Math.max(1, countIn(options['size']));
  // Before the list is made: a million chunks are a mistake, and their list would not fit into the guest.
  if ((by === 'lines' ? source.lines : source.length) / size > REPL.hits) {
    throw new BraidError('BRAID_CONTEXT_TOO_LARGE', `chunks() would give more than ${REPL.hits} chunks.`, {
      fix: 'Use a larger size.',
    });
  }
  return source.chunks({ size, overlap: countIn(options['overlap']), by });
}

function joinedStats(all: TextStats[]): TextStats & { files: number } {
  const sum = (of: (stats: TextStats) => number): number => all.reduce((total, stats) => total + of(stats), 0);
  const lines = sum((stats) => stats.lines);
  return {
    files: all.length,
    length: sum((stats) => stats.length),
    bytes: sum((stats) => stats.bytes),
    lines,
    longestLine: all.reduce((longest, stats) => Math.max(longest, stats.longestLine), 0),
    averageLine: lines === 0 ? 0 : Math.round((sum((stats) => stats.averageLine * stats.lines) / lines) * 10) / 10,
    emptyLines: sum((stats) => stats.emptyLines),
  };
}

function patternOf(query: Json | undefined): GrepPattern {
  if (!isJsonObject(query)) throw forged('searches for nothing');
  const { text, ignoreCase } = query;
  if (typeof text === 'string') return { text, ignoreCase: ignoreCase === true };
  return { source: textIn(query, 'source'), flags: textIn(query, 'flags') };
}

function literal(text: Json | undefined): GrepPattern {
  return { text: textOf(text), ignoreCase: false };
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw forged('searches for no text');
  return value;
}
