/**
 * What Node says when modules do not fit together → changes of the files that it names. Each kind of message tells who imports and what is
 * not there, and what is right follows from the files as they are now.
 */
import { stringOf } from '../review/tree.ts';
import type { Node } from '../review/source.ts';
import { convert } from './convert/convert.ts';
import { localName } from './convert/requires.ts';
import { parseModule, type Source } from './convert/source.ts';
import { joined, relativeTo, resolveFile } from './convert/target.ts';
import type { Workspace } from './workspace.ts';

export type Change =
  | { name: 'edit'; input: { path: string; old: string; new: string; all?: boolean } }
  | { name: 'write'; input: { path: string; content: string } };

export interface Files {
  paths: ReadonlySet<string>;
  /** Null: it cannot be read; undefined: it is not known yet, and then asked for. */
  text(path: string): string | null | undefined;
  workspace: Workspace;
}

const NO_EXPORT = /The requested module '([^'\n]+)' does not provide an export named '([^'\n]+)'/g;
const NO_MODULE =
  /(?:Cannot find module|Directory import) '([^'\n]+)'(?: is not supported resolving ES modules)? imported from ([^\s'";,)]+)/g;
const NO_NAME = /\b(?:require|module|exports|__dirname|__filename) is not defined/g;
const PLACE = /(?:file:\/\/)?(\/[^\s:()'"]+\.js):\d+/g;

/** Each change once; none for what is not understood. */
export function repairs(failure: string, files: Files): Change[] {
  const changes = new Map<string, Change>();
  const add = (change: Change | null): void => {
    if (change !== null) changes.set(JSON.stringify(change.input), change);
  };
  for (const match of failure.matchAll(NO_EXPORT)) {
    const importer = pathOf(files, placeBefore(failure, match.index));
    if (importer !== null) add(withoutExport(files, importer, match[1] ?? '', match[2] ?? ''));
  }
  for (const match of failure.matchAll(NO_MODULE)) {
    const at = match[2] ?? '';
    const importer = pathOf(files, at);
    if (importer === null) continue;
    const root = at.slice(0, at.length - importer.length);
    if (match[1]?.startsWith(root) === true) add(withExtension(files, importer, match[1].slice(root.length)));
  }
  for (const match of failure.matchAll(NO_NAME)) {
    const path = pathOf(files, placeAfter(failure, match.index));
    if (path !== null) add(migrated(files, path));
  }
  return [...changes.values()];
}

/** `import { a } from './b.js'` of a module that is one value: the value is imported, and taken apart here. */
function withoutExport(files: Files, importer: string, specifier: string, name: string): Change | null {
  const source = sourceOf(files, importer);
  if (source === null) return null;
  const { shape, found } = files.workspace.target(importer, specifier);
  const node = source.tree.body.find((one) => one.type === 'ImportDeclaration' && one.source.value === specifier);
  if (!found || shape === null || node?.type !== 'ImportDeclaration') return null;
  const from = source.text.slice(node.source.start, node.source.end);
  const old = source.text.slice(node.start, node.end);
  const whole = node.specifiers.find((one) => one.type === 'ImportDefaultSpecifier');
  if (name === 'default') {
    if (whole === undefined || node.specifiers.length > 1) return null;
    return edit(source, old, `import * as ${whole.local.name} from ${from}${source.end}`);
  }
  if (!shape.isDefault) return null;
  const local = whole?.local.name ?? source.scopes.fresh(localName(specifier));
  const kept: string[] = [];
  const taken: string[] = [];
  for (const one of node.specifiers) {
    if (one.type !== 'ImportSpecifier') continue;
    const imported = one.imported.type === 'Identifier' ? one.imported.name : String(one.imported.value);
    const isSame = imported === one.local.name;
    if (shape.names.has(imported)) kept.push(isSame ? imported : `${imported} as ${one.local.name}`);
    else taken.push(isSame ? imported : `${imported}: ${one.local.name}`);
  }
  const named = kept.length === 0 ? '' : `, { ${kept.join(', ')} }`;
  const lines = [`import ${local}${named} from ${from}`, `const { ${taken.join(', ')} } = ${local}`];
  return edit(source, old, lines.map((line) => line + source.end).join('\n'));
}

/** `missing` is the path that was looked for, without what Node's CommonJS would have added to it. */
function withExtension(files: Files, importer: string, missing: string): Change | null {
  const source = sourceOf(files, importer);
  if (source === null) return null;
  const path = resolveFile(files.paths, importer, relativeTo(importer, missing));
  if (path === null) return null;
  for (const { node } of source.visits) {
    if (node.type === 'ImportExpression') {
      const change = longer(source, node, path.slice(missing.length), missing);
      if (change !== null) return change;
    }
    const literal = staticSource(node);
    const specifier = stringOf(literal);
    if (!literal || specifier === null || !specifier.startsWith('.') || joined(importer, specifier) !== missing)
      continue;
    const old = source.text.slice(literal.start, literal.end);
    return edit(source, old, `${old[0]}${relativeTo(importer, path)}${old.at(-1)}`);
  }
  return null;
}

function staticSource(node: Node): Node | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
      return node.source ?? null;
    default:
      return null;
  }
}

/** `import('./' + name)` with what was missing at its end. */
function longer(
  source: Source,
  node: Extract<Node, { type: 'ImportExpression' }>,
  more: string,
  missing: string,
): Change | null {
  const argument = node.source;
  if (argument.type === 'Literal' || more === '') return null;
  const old = source.text.slice(node.start, node.end);
  const given = source.text.slice(argument.start, argument.end);
  const lead = /^['"`](\.{1,2}\/[^'"`$]*)/.exec(given)?.[1];
  const begins = lead === undefined ? null : joined(source.path, lead);
  if (begins === null || !missing.startsWith(begins)) return null;
  const inside = given.startsWith('`') && given.endsWith('`') && argument.type === 'TemplateLiteral';
  const longerText = inside ? `${given.slice(0, -1)}${more}\`` : `${given} + '${more}'`;
  return edit(
    source,
    old,
    old.replace(given, () => longerText),
  );
}

/** A file that nobody migrated. */
function migrated(files: Files, path: string): Change | null {
  const source = sourceOf(files, path);
  if (source === null) return null;
  const converted = convert(path, source.text, files.workspace);
  return converted.kind === 'converted' ? { name: 'write', input: { path, content: converted.text } } : null;
}

function edit(source: Source, old: string, fresh: string): Change | null {
  if (old === fresh) return null;
  const isOnce = source.text.indexOf(old) === source.text.lastIndexOf(old);
  return { name: 'edit', input: { path: source.path, old, new: fresh, ...(isOnce ? {} : { all: true }) } };
}

function sourceOf(files: Files, path: string): Source | null {
  const text = files.text(path);
  if (text === undefined) files.workspace.wanted.add(path);
  return typeof text === 'string' ? parseModule(path, text) : null;
}

/** The file of the workspace that an absolute path ends with: the tests run in a copy whose place nobody knows. */
function pathOf(files: Files, absolute: string | null): string | null {
  if (absolute === null) return null;
  const plain = absolute.replace(/^file:\/\//, '');
  const found = [...files.paths].filter((path) => plain.endsWith(`/${path}`));
  return found.sort((a, b) => b.length - a.length)[0] ?? null;
}

function placeBefore(text: string, index: number): string | null {
  return [...text.slice(Math.max(0, index - 2_000), index).matchAll(PLACE)].at(-1)?.[1] ?? null;
}

function placeAfter(text: string, index: number): string | null {
  return (
    text
      .slice(index, index + 2_000)
      .matchAll(PLACE)
      .next().value?.[1] ?? null
  );
}
