/**
 * Cells in a model's answer: its fenced code (RL-02). Time is linear in the answer: lines are found by searching, and no
 * expression looks at more than one short head of a line.
 */
export interface ExtractedCell {
  code: string;
  /** The fence's word in lower case; `js` when it has none. */
  language: string;
}

export interface Extracted {
  cells: ExtractedCell[];
  /** Notes for the model: finalisers that it wrote as text (RL-05). */
  hints: string[];
}

const JAVASCRIPT: ReadonlySet<string> = new Set([
  '',
  'js',
  'javascript',
  'repl',
  'ts',
  'typescript',
  'jsx',
  'tsx',
  'mjs',
  'cjs',
  'node',
  'nodejs',
]);
/** Cells too: preparing them says that cells are JavaScript. */
const PYTHON: ReadonlySet<string> = new Set(['python', 'py', 'python3', 'ipython']);

/** All fenced code of an answer that is meant to run, in order. An unclosed fence ends with the answer. */
export function extractCells(answer: string): Extracted {
  const state: Reading = { cells: [], markers: new Set(), fence: null, thinking: false };
  for (const line of linesOf(answer)) readLine(line, state);
  endFence(state);
  const hints = [...state.markers].filter((marker) => !state.cells.some(({ code }) => code.includes(`${marker}(`)));
  return { cells: state.cells, hints: hints.map(hintFor) };
}

interface Reading {
  cells: ExtractedCell[];
  markers: Set<string>;
  fence: OpenFence | null;
  /** Inside of `<think>…</think>`. */
  thinking: boolean;
}

function readLine(whole: string, state: Reading): void {
  const line = withoutThinking(whole, state);
  if (line === null) return;
  if (line.includes('</think>') && line.trim() === '</think>') {
    // The provider cut the opening mark off: all before was thinking.
    Object.assign(state, { cells: [], markers: new Set(), fence: null });
  } else if (state.fence !== null) readCode(line, state.fence, state);
  else readProse(line, state);
}

/** What a line says outside of thinking; null when nothing. Marks in code are code. */
function withoutThinking(line: string, state: Reading): string | null {
  let from = 0;
  for (;;) {
    if (state.thinking) {
      const end = line.indexOf('</think>', from);
      if (end === -1) return null;
      state.thinking = false;
      from = end + '</think>'.length;
    }
    if (
      state.fence !== null ||
      !line
        .slice(from, from + HEAD)
        .trimStart()
        .startsWith('<think>')
    )
      return line.slice(from);
    state.thinking = true;
    from = line.indexOf('<think>', from) + '<think>'.length;
  }
}

/** Characters of a line in which marks are looked for. */
const HEAD = 200;

function readProse(line: string, state: Reading): void {
  state.fence = openingOf(line);
  const marker = state.fence === null ? MARKER.exec(line.slice(0, HEAD))?.[1] : undefined;
  if (marker !== undefined) state.markers.add(marker);
}

/**
 * No line of JavaScript begins with three backticks, so a fence with a language inside of a cell means that the model forgot
 * to close it. Inside of other fences it is a fence that they quote.
 */
function readCode(line: string, fence: OpenFence, state: Reading): void {
  const inner = openingOf(line);
  if (closes(line, fence)) {
    if (fence.quoted > 0) fence.quoted--;
    else endFence(state);
  } else if (inner !== null && inner.language !== '' && inner.mark === fence.mark && inner.length >= fence.length) {
    if (isCell(fence.language)) {
      endFence(state);
      state.fence = inner;
    } else fence.quoted++;
  } else fence.lines.push(unindented(line, fence.indent));
}

function endFence(state: Reading): void {
  const { fence, cells } = state;
  state.fence = null;
  if (fence === null || !isCell(fence.language)) return;
  const code = fence.lines.join('\n');
  if (code.trim() !== '') cells.push({ code, language: fence.language === '' ? 'js' : fence.language });
}

function isCell(language: string): boolean {
  return JAVASCRIPT.has(language) || PYTHON.has(language);
}

/** A finaliser at the start of a line of prose, maybe in bold or as inline code. */
const MARKER =
  /^\s{0,40}[*_`#>\s-]{0,12}(FINAL_VAR(?=\s?\()|FINAL(?=\s?\()|SUBMIT(?=\s?\()|FINAL ANSWER(?=[*_]{0,3}:)|Final Answer(?=[*_]{0,3}:))/;

function hintFor(marker: string): string {
  return marker.includes(' ')
    ? `"${marker}:" in the text does not end the task: call FINAL(value) in a \`\`\`js cell.`
    : `${marker}(…) outside of a code cell does nothing: call it in a \`\`\`js cell.`;
}

/** Lines without their ends, `\n` or `\r\n`. */
function* linesOf(text: string): Generator<string> {
  let from = 0;
  while (from <= text.length) {
    const next = text.indexOf('\n', from);
    const end = next === -1 ? text.length : next;
    yield text.slice(from, end > from && text[end - 1] === '\r' ? end - 1 : end);
    from = end + 1;
  }
}

interface OpenFence {
  mark: string;
  length: number;
  indent: number;
  language: string;
  lines: string[];
  /** Fences open inside of this one. */
  quoted: number;
}

/** Longest run of marks and longest info string that make a fence. */
const FENCE = /^([ \t]{0,40}(?:(?:[-*+>]|\d{1,3}[.)])[ \t]{1,4}){0,3})(`{3,200}|~{3,200})[ \t]*([^`]{0,200})$/;

function openingOf(line: string): OpenFence | null {
  if (line.length > 500 || !(line.includes('```') || line.includes('~~~'))) return null;
  const [, indent = '', marks, info = ''] = FENCE.exec(line) ?? [];
  if (marks === undefined) return null;
  // Some write ```{js} or ```js title="x".
  const language = /^\{?\.?([\w+#-]*)/.exec(info)?.[1]?.toLowerCase() ?? '';
  return { mark: marks.charAt(0), length: marks.length, indent: indent.length, language, lines: [], quoted: 0 };
}

function closes(line: string, { mark, length }: OpenFence): boolean {
  const text = line.trim();
  if (text.length < length || text.length > 1000) return false;
  for (const unit of text) if (unit !== mark) return false;
  return true;
}

function unindented(line: string, indent: number): string {
  let from = 0;
  while (from < indent && (line[from] === ' ' || line[from] === '\t')) from++;
  return from === 0 ? line : line.slice(from);
}
