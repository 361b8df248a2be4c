/** The cells' `context` and `question`, made of the session's texts. */
import { optionFault } from '../prelude/errors.js';
import { ask } from './host.js';
import { add, named, ownKeys, put, stringify } from './intrinsics.js';
import { grepOptions, patternOf } from './search.js';
import { Text, textOf } from './text.js';

/** One of several texts. `text` is read when it is asked for, and passed by reference as the whole entry is. */
class File {
  #doc;
  #text;

  constructor(doc, { name, length, format }) {
    this.#doc = doc;
    put(this, 'name', name);
    put(this, 'length', length);
    put(this, 'format', format);
    Object.defineProperty(this, 'text', TEXT_OF_FILE);
  }

  static textOf(file) {
    file.#text ??= textOf(file.#doc, file.length);
    return file.#text;
  }

  /** [doc, start, end] of a file's whole text, else null. */
  static spanOf(value) {
    if (typeof value !== 'object' || value === null || !(#doc in value)) return null;
    return [value.#doc, 0, docLengths[value.#doc]];
  }
}

/** Own and shared by all files, so that a spread copies the text and 100,000 files stay light. */
const TEXT_OF_FILE = {
  __proto__: null,
  enumerable: true,
  configurable: true,
  get() {
    return File.textOf(this);
  },
};
put(File.prototype, 'constructor', Object, false);
const docLengths = [];

/** [doc, start, end] of a text by reference or of a file, else null. */
export function spanOf(value) {
  return Text.spanOf(value) ?? File.spanOf(value);
}

export const isFile = (value) => File.spanOf(value) !== null;

/** `texts`: name, length and format of each; `context` as the host's options have it. */
export function makeContext(context, texts) {
  for (let i = 0; i < texts.length; i++) add(docLengths, texts[i].length);
  if (context === null) return undefined;
  if (context.kind === 'json') return context.value;
  if (context.kind === 'text') return textOf(0, texts[0].length);
  return makeFiles(texts, context.count);
}

function makeFiles(texts, count) {
  const files = [];
  for (let i = 0; i < count; i++) add(files, new File(i, texts[i]));
  const find = (name) => {
    for (let i = 0; i < count; i++) if (texts[i].name === name) return files[i];
    throw optionFault('There is no file ' + stringify(name) + ' in the context. See context.names().');
  };
  const helpers = {
    __proto__: null,
    names: () => {
      const names = [];
      for (let i = 0; i < count; i++) add(names, texts[i].name);
      return names;
    },
    file: find,
    grep: (pattern, options) => {
      const query = stringify(patternOf('grep', pattern, options)) + ',' + stringify(grepOptions(options));
      return ask('grepFiles', 0, 0, 0, query);
    },
    stats: () => ask('statsFiles', 0, 0, 0, ''),
  };
  const names = ownKeys(helpers);
  for (let i = 0; i < names.length; i++) put(files, names[i], named(names[i], helpers[names[i]]), false);
  return files;
}
