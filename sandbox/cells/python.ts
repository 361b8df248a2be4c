/** Cells written in Python get one clear message, with their first line in JavaScript where that is trivial (RL-02). */
import type { BraidError } from '../../protocol/errors.ts';
import { parseCell } from './parse.ts';
import { cellProblem } from './problem.ts';

/**
 * The error for a cell that stops parsing at `offset` and looks like Python there; null when it does not. Only the lines at
 * that place are looked at: what stands before it parsed, what comes after may be text.
 */
export function pythonProblem(code: string, offset: number): BraidError | null {
  const before = code.slice(0, offset);
  const here = before.slice(before.lastIndexOf('\n') + 1) + (/^.*/.exec(code.slice(offset, offset + LINE))?.[0] ?? '');
  // `import re` only fails at the next token.
  const above = before.slice(0, before.lastIndexOf('\n') + 1).trimEnd();
  const previous = above.slice(above.lastIndexOf('\n') + 1);
  if (!isPython(here) && !IMPORT.test(previous.slice(0, LINE))) return null;
  const help = firstLine(code);
  const message = `Cells are JavaScript, and this one is Python.${help === null ? '' : ` Its first line would be: ${help}`}`;
  return cellProblem(code, offset, 'BRAID_SCRIPT_SYNTAX', message, FIX);
}

/** The first line of code in JavaScript; null when it is none of the plain forms. */
function firstLine(code: string): string | null {
  const line = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*([^\r\n]*)/.exec(code)?.[1]?.trimEnd() ?? '';
  if (line.length > LINE) return null;
  const translated = translateLine(line);
  if (translated === null || translated === line) return null;
  return parseCell(translated.endsWith('{') ? `${translated}}` : translated).ok ? translated : null;
}

const FIX = 'Write the whole cell in JavaScript: const, { }, ===, `${x}`, .length, .slice(), .map().';

/** Characters of a line that are looked at. */
const LINE = 400;

const IMPORT = /^\s*(?:import\s+[\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*\w+){0,9}|from\s+[\w.]+\s+import\b.*)\s*(?:#.*)?$/;

/** Each is something that JavaScript cannot have where it stops parsing. */
const PYTHON: readonly RegExp[] = [
  /^\s*(?:async\s+)?def\s+\w+\s*\(/,
  /^\s*(?:if|elif|while|with)\s[^{]*:\s*(?:#.*)?$/,
  /(?:^|\s)for\s+\w+(?:\s*,\s*\w+){0,4}\s+in\s/,
  /^\s*(?:else|try|finally|except\b[^{]*)\s*:\s*(?:#.*)?$/,
  /^\s*class\s+\w+(?:\([\w\s,.]*\))?:/,
  IMPORT,
  /^\s*(?:pass|raise\b.*|global\s+\w+|nonlocal\s+\w+)\s*$/,
  /^\s*#(?!!|\w+\s*[=(;])/,
  /\S\s+#\s/,
  /(?:^|[\s(=,[{+])[fFrRbB]{1,2}["']/,
  /"""|'''/,
  /\b(?:is\s+not|not\s+in|and\s+not|or\s+not)\b|\s(?:and|or)\s/,
  /[\w\])]\[-?\w*:-?\w*\]/,
  /\blambda\b[\w\s,]*:/,
  /\sif\s.*\selse\s/,
];

/** Words in strings, which may be cut off, and in JavaScript's comments tell nothing. */
const LITERAL = /"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|`(?:[^`\\]|\\.)*(?:`|$)|\/\/.*$/g;

function isPython(line: string): boolean {
  const text = line
    .slice(0, LINE)
    .replace(LITERAL, (literal) => (literal.startsWith('/') ? '' : literal.charAt(0).repeat(2)));
  return PYTHON.some((pattern) => pattern.test(text));
}

/** One line in JavaScript; null when it is not one of the plain forms. */
function translateLine(line: string): string | null {
  for (const [pattern, translate] of FORMS) {
    const match = pattern.exec(line);
    if (match !== null) return translate(match.slice(1).map((part) => part ?? ''));
  }
  return null;
}

const NAME = '([A-Za-z_]\\w*)';

const FORMS: readonly (readonly [RegExp, (parts: string[]) => string | null])[] = [
  [
    /^(?:import|from)\s+([\w.]+)/,
    ([name]) =>
      name === 're'
        ? '// not needed: write patterns as /…/'
        : name === 'json'
          ? '// not needed: use JSON'
          : '// not needed: there are no modules',
  ],
  [
    new RegExp(`^(async )?def\\s+${NAME}\\(([\\w\\s,]*)\\)\\s*(?:->.*)?:`),
    ([async, name, params]) => `${async}function ${name}(${params}) {`,
  ],
  [
    new RegExp(`^for\\s+${NAME}\\s*,\\s*${NAME}\\s+in\\s+enumerate\\((.+)\\):$`),
    ([i, x, list]) => `for (const [${i}, ${x}] of ${expression(list)}.entries()) {`,
  ],
  [
    new RegExp(`^for\\s+${NAME}\\s+in\\s+range\\(([^,()]+|len\\([^()]*\\))\\):$`),
    ([i, end]) => `for (let ${i} = 0; ${i} < ${expression(end)}; ${i}++) {`,
  ],
  [new RegExp(`^for\\s+${NAME}\\s+in\\s+(.+):$`), ([name, list]) => `for (const ${name} of ${expression(list)}) {`],
  [/^(if|while)\s+(.+):$/, ([word, test]) => `${word} (${expression(test)}) {`],
  [/^print\((.*)\)$/, ([value]) => `print(${expression(value)})`],
  [new RegExp(`^${NAME}\\s*=\\s*(.+)$`), ([name, value]) => `const ${name} = ${expression(value)}`],
  [
    new RegExp(`^${NAME}\\s*(\\+=|-=)\\s*(.+)$`),
    ([name, operator, value]) => `${name} ${operator} ${expression(value)}`,
  ],
];

const COMPREHENSION = new RegExp(`^\\[(.+?)\\s+for\\s+${NAME}\\s+in\\s+([\\w.()"'\\\\]+)(?:\\s+if\\s+(.+))?\\]$`);

/** Plain differences inside of one expression. */
function expression(text = ''): string {
  const [, each, item, list, test] = COMPREHENSION.exec(text) ?? [];
  if (each !== undefined && item !== undefined && list !== undefined) {
    const filtered =
      test === undefined ? expression(list) : `${expression(list)}.filter((${item}) => ${expression(test)})`;
    return each.trim() === item ? filtered : `${filtered}.map((${item}) => ${expression(each)})`;
  }
  return text
    .replace(/\s+#[^"']*$/, '')
    .replace(/\bf(["'])((?:(?!\1)[^\\{}]|\\.|\{[^{}]*\})*)\1/g, (_, _quote, body: string) => `\`${formatted(body)}\``)
    .replace(/\blen\(([\w.[\]]+)\)/g, '$1.length')
    .replace(/([\w.]+)\[(-?\w*):(-?\w*)\]/g, (_, whole: string, from: string, to: string) => sliced(whole, from, to))
    .replace(/^(["'][^"']*["']|[\w.]+) not in ([\w.]+)$/, '!$2.includes($1)')
    .replace(/^(["'][^"']*["']|[\w.]+) in ([\w.]+)$/, '$2.includes($1)')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false')
    .replace(/\bNone\b/g, 'null')
    .replace(/\s+and\s+/g, ' && ')
    .replace(/\s+or\s+/g, ' || ')
    .replace(/\bnot\s+/g, '!')
    .replace(/\bis !null\b/g, '!== null')
    .replace(/\bis null\b/g, '=== null')
    .replace(/\.append\(/g, '.push(')
    .replace(/\.strip\(\)/g, '.trim()')
    .replace(/\.lower\(\)/g, '.toLowerCase()')
    .replace(/\.upper\(\)/g, '.toUpperCase()');
}

function formatted(body: string): string {
  return body
    .replace(/`/g, '\\`')
    .replace(/\{([^{}:!]*)(?:[:!][^{}]*)?\}/g, (_, value: string) => `\${${expression(value)}}`);
}

function sliced(list: string, from: string, to: string): string {
  return to === '' ? `${list}.slice(${from || '0'})` : `${list}.slice(${from || '0'}, ${to})`;
}
