/** `module.exports` and `exports` → `export`, by the plan of exports-plan.ts. */
import type { Node } from '../../review/source.ts';
import { isFunction } from '../../review/tree.ts';
import type { Edits } from './edits.ts';
import { keyOf, type ExportsPlan, type Mention, type Property, type Statement } from './exports-plan.ts';
import { isReference, RESERVED } from './scopes.ts';
import type { Source } from './source.ts';
import { localName, type Work } from './requires.ts';

type Named = Extract<ExportsPlan, { mode: 'named' }>;
type Default = Extract<ExportsPlan, { mode: 'default' }>;

/** Gives the lines for the end of the module, and the statements that nobody else is to change. */
export function convertExports(work: Work, plan: ExportsPlan): { tail: string[]; done: Set<Node> } {
  const { source, edits, header, world } = work;
  const done = new Set<Node>();
  const tail: string[] = [];
  if (plan.mode === 'named') tail.push(...convertNamed(work, plan));
  if (plan.mode === 'default') convertDefault(work, plan);
  if (plan.mode === 'object') {
    header.line('const module = { exports: {} }');
    if (plan.mentions.some(({ byModule }) => !byModule)) {
      // Both names are the same object until one is set: what sets `exports` sets a variable of the module.
      header.line('let exports = module.exports');
    }
    tail.push(`export default module.exports${source.end}`);
  }
  if (plan.mode === 'again') {
    const target = world.target(source.path, plan.specifier);
    const quote = /["'`]/.exec(source.text.slice(plan.statement.start, plan.statement.end))?.[0] === '"' ? '"' : "'";
    const what = target.kind === 'module' && target.shape?.isDefault !== true ? '*' : '{ default }';
    const attributes = target.kind === 'json' ? ` with { type: ${quote}json${quote} }` : '';
    done.add(plan.statement);
    edits.replace(
      plan.statement.start,
      plan.statement.end,
      `export ${what} from ${quote}${target.specifier}${quote}${attributes}${source.end}`,
    );
  }
  return { tail, done };
}

function convertNamed({ source, edits }: Work, { mentions, literal }: Named): string[] {
  const locals = new Map<string, string>();
  const tail: string[] = [];
  if (literal !== null) {
    for (const property of literal.properties) locals.set(keyOf(property), localOf(source, mentions, property));
    edits.replace(literal.statement.start, literal.statement.end, () => literalText(source, edits, literal, locals));
  }
  const names = Map.groupBy(
    mentions.filter(({ name }) => !locals.has(name ?? '')),
    ({ name }) => name ?? '',
  );
  for (const [name, all] of names) {
    const set = all.filter(({ assignment, visit }) => assignment !== null || isCounted(visit));
    const [only] = set;
    const statement = set.length === 1 && only?.assignment?.operator === '=' ? (only.statement ?? null) : null;
    const value = statement === null ? null : (only?.assignment?.right ?? null);
    const isAlias = value?.type === 'Identifier' && source.scopes.isTop(value.name) && !hides(source, all, value.name);
    const local = isAlias ? value.name : nameFor(source, name, all);
    locals.set(name, local);
    if (statement === null || value === null) {
      // Set more than once, or not at the top: a variable that is exported, and set where it was set.
      tail.push(`let ${local}${source.end}`, `export { ${clause(local, name)} }${source.end}`);
    } else if (isAlias) {
      edits.replace(statement.start, statement.end, `export { ${clause(local, name)} }${source.end}`);
    } else declare(source, edits, { statement, value, local, name });
  }
  for (const { node, name, statement } of mentions) {
    const local = locals.get(name ?? '') ?? '';
    if (statement === null || tail.includes(`let ${local}${source.end}`)) edits.replace(node.start, node.end, local);
  }
  return hoistedLets(tail, edits, source);
}

/** `exports.n++` */
function isCounted({ ancestors: [parent] }: Mention['visit']): boolean {
  return parent?.type === 'UpdateExpression';
}

/** Variables have to stand before what sets them. */
function hoistedLets(tail: string[], edits: Edits, source: Source): string[] {
  const lets = tail.filter((line) => line.startsWith('let '));
  const first = source.tree.body.find((node) => !isDirective(node));
  if (lets.length > 0 && first !== undefined) edits.insert(first.start, `${lets.join('\n')}\n`);
  return tail.filter((line) => !line.startsWith('let '));
}

export function isDirective(node: Node): boolean {
  return node.type === 'ExpressionStatement' && node.directive !== undefined;
}

interface Declared {
  statement: Statement;
  value: Node;
  local: string;
  name: string;
}

/** `exports.a = value` in place: a function keeps being one, everything else is a constant. */
function declare(source: Source, edits: Edits, { statement, value, local, name }: Declared): void {
  const isOwn = local === name;
  const after = isOwn ? '' : `\nexport { ${clause(local, name)} }${source.end}`;
  const at = namePlace(source, value);
  if (at === null) {
    edits.replace(statement.start, value.start, `${isOwn ? 'export ' : ''}const ${local} = `);
    if (after !== '') edits.replace(statement.end, statement.end, after);
    return;
  }
  edits.replace(statement.start, value.start, isOwn ? 'export ' : '');
  edits.insert(at, `${/\s/.test(source.text[at - 1] ?? '') ? '' : ' '}${local}`);
  edits.replace(value.end, statement.end, after);
}

/** Where the name of a nameless function or class goes; null for other values. */
function namePlace(source: Source, value: Node): number | null {
  const isNameless =
    (value.type === 'FunctionExpression' && !value.id) || (value.type === 'ClassExpression' && !value.id);
  if (!isNameless) return null;
  const head = /^(?:async\s+)?function\s*\*?|^class/.exec(source.text.slice(value.start, value.end));
  if (head === null) return null;
  const end = value.start + head[0].length;
  return value.type === 'FunctionExpression' && source.text[end] === ' ' && source.text[end + 1] === '('
    ? end + 1
    : end;
}

/** `module.exports = { a, b: c, d: 1 }` → declarations of what has no name yet, and one list. */
function literalText(
  source: Source,
  edits: Edits,
  { statement, properties }: NonNullable<Named['literal']>,
  locals: ReadonlyMap<string, string>,
): string {
  const declarations: string[] = [];
  const entries: string[] = [];
  let at = source.text.indexOf('{', statement.start) + 1;
  for (const property of properties) {
    const name = keyOf(property);
    const local = locals.get(name) ?? name;
    const comment = source.text.slice(at, property.start).replace(/^\s*,/, '').trim();
    at = property.end;
    if (isSame(property, local)) {
      entries.push(
        ...(comment === '' ? [] : comment.split('\n').map((line) => line.trim())),
        `${clause(local, name)},`,
      );
      continue;
    }
    if (comment !== '') declarations.push(comment.replaceAll(/\n\s*/g, '\n'));
    const isOwn = local === name;
    declarations.push(`${isOwn ? 'export ' : ''}${valueText(source, edits, property, local)}`);
    if (!isOwn) entries.push(`${clause(local, name)},`);
  }
  const isShort = entries.every((entry) => entry.endsWith(',')) && entries.join(' ').length < 100;
  const list = isShort ? `{ ${entries.join(' ').replace(/,$/, '')} }` : `{\n  ${entries.join('\n  ')}\n}`;
  return [
    ...declarations,
    ...(entries.length === 0 && declarations.length > 0 ? [] : [`export ${list}${source.end}`]),
  ].join('\n');
}

function isSame(property: Property, local: string): boolean {
  return property.value.type === 'Identifier' && property.value.name === local;
}

function valueText(source: Source, edits: Edits, property: Property, local: string): string {
  const { value } = property;
  const text = edits.render(value.start, value.end);
  if (property.method && isFunction(value)) {
    const star = value.generator ? '*' : '';
    return `${value.async ? 'async ' : ''}function${star} ${local}${text}`;
  }
  const at = namePlace(source, value);
  if (at === null) return `const ${local} = ${outdented(text)}${source.end}`;
  const offset = at - value.start;
  const space = /\s/.test(text[offset - 1] ?? '') ? '' : ' ';
  return outdented(`${text.slice(0, offset)}${space}${local}${text.slice(offset)}`);
}

function outdented(text: string): string {
  const indents = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.search(/\S/));
  const least = Math.min(...indents, 8);
  return least === 0 || !Number.isFinite(least) ? text : text.replaceAll(`\n${' '.repeat(least)}`, '\n');
}

function localOf(source: Source, mentions: readonly Mention[], property: Property): string {
  const name = keyOf(property);
  const all = mentions.filter((mention) => mention.name === name);
  const { value } = property;
  if (value.type === 'Identifier' && source.scopes.isTop(value.name) && !hides(source, all, value.name))
    return value.name;
  return nameFor(source, name, all);
}

/** The name itself where it is free: no other thing of the top level, no global of that name, nothing nearer where it is used. */
function nameFor(source: Source, name: string, mentions: readonly Mention[]): string {
  const isTaken = source.visits.some(
    (visit) =>
      visit.node.type === 'Identifier' &&
      visit.node.name === name &&
      isReference(visit) &&
      !source.scopes.isShadowed(name, visit),
  );
  return RESERVED.has(name) || isTaken || hides(source, mentions, name)
    ? source.scopes.fresh(`${name}_`)
    : source.scopes.take(name);
}

function hides(source: Source, mentions: readonly Mention[], name: string): boolean {
  return mentions.some(({ visit }) => source.scopes.isShadowed(name, visit));
}

function clause(local: string, name: string): string {
  return local === name ? name : `${local} as ${name}`;
}

/** The module is one value. A name for it is needed only where something else of the file speaks of it. */
function convertDefault({ source, edits }: Work, { mentions, statement, value }: Default): void {
  const isDeclared = value.type === 'FunctionExpression' || value.type === 'ClassExpression';
  const own = isDeclared && value.id ? value.id.name : value.type === 'Identifier' ? value.name : null;
  const isFree = own !== null && !hides(source, mentions, own);
  const hasName = isFree && (value.type === 'Identifier' ? source.scopes.isTop(own) : nameFor(source, own, []) === own);
  if (mentions.length === 0 || hasName) {
    const isStatement = isDeclared && (hasName || !value.id);
    // In parentheses its name stays its own.
    const isInner = isDeclared && !isStatement;
    edits.replace(statement.start, value.start, isInner ? 'export default (' : 'export default ');
    if (isInner) edits.insert(value.end, ')');
    if (isStatement) edits.replace(value.end, statement.end, '');
    for (const { node } of mentions) replaceObject(edits, node, own ?? '');
    return;
  }
  const name = source.scopes.fresh(localName(source.path));
  edits.replace(statement.start, value.start, `const ${name} = `);
  edits.replace(statement.end, statement.end, `\nexport default ${name}${source.end}`);
  for (const { node } of mentions) replaceObject(edits, node, name);
}

/** `module.exports.x` → `name.x`. */
function replaceObject(edits: Edits, node: Node, name: string): void {
  if (node.type !== 'MemberExpression') return;
  edits.replace(node.object.start, node.object.end, name);
}
