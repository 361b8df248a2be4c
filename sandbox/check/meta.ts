import type { AnyNode, Expression, ObjectExpression, Program, VariableDeclaration } from 'acorn';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { SCRIPT_CHECK } from '../../protocol/limits.ts';
import { literalOf, NotLiteral } from './literal.ts';
import type { ScriptText } from './script-text.ts';

export interface FoundMeta {
  value: JsonObject | null;
  name: string | null;
  /** The export statement, which is the one export a script may have. */
  declaration: AnyNode | null;
  /** The word `export`, to be blanked. */
  blank: { start: number; end: number } | null;
  warnings: string[];
}

const LITERALS =
  'Write meta with plain literals only: strings, numbers, true, false, null, arrays and objects of these.';
const EXAMPLE = "export const meta = { name: 'review', description: 'Reviews a folder' }";

/** Reads `export const meta = {…}` (DW-05). @throws BraidError BRAID_SCRIPT_META naming the offending part. */
export function readMeta(text: ScriptText, program: Program): FoundMeta {
  const index = program.body.findIndex((statement) => declaresMeta(statement, true));
  const statement = program.body[index];
  if (statement?.type !== 'ExportNamedDeclaration') return missing(program);
  if (!program.body.slice(0, index).every(mayPrecede)) {
    const fix = 'Move it to the top; only comments may stand before it.';
    throw text.error('BRAID_SCRIPT_META', statement.start, '`meta` is not the first statement.', fix);
  }
  const declaration = statement.declaration as VariableDeclaration;
  const value = evaluate(text, objectOf(text, declaration));
  return {
    value,
    name: nameOf(text, value, statement.start),
    declaration: statement,
    blank: { start: statement.start, end: statement.start + 'export'.length },
    warnings: shapeWarnings(text.where(statement.start), value),
  };
}

function declaresMeta(statement: AnyNode | undefined, exported: boolean): boolean {
  const declaration = exported && statement?.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (declaration === statement && exported) return false;
  if (declaration?.type !== 'VariableDeclaration') return false;
  return declaration.declarations.some(({ id }) => id.type === 'Identifier' && id.name === 'meta');
}

/** An import passes here, because the rule that refuses it says more than "not the first statement". */
function mayPrecede(statement: AnyNode): boolean {
  if (statement.type === 'ImportDeclaration') return true;
  return statement.type === 'ExpressionStatement' && statement.directive !== undefined;
}

function missing(program: Program): FoundMeta {
  const bare = program.body.some((statement) => declaresMeta(statement, false));
  const warning = bare
    ? '`meta` is not exported, so it is not read; the run is named after the file. Write `export const meta = …`.'
    : `The script has no meta; the run is named after the file. Begin it with: ${EXAMPLE}`;
  return { value: null, name: null, declaration: null, blank: null, warnings: [warning] };
}

function objectOf(text: ScriptText, declaration: VariableDeclaration): ObjectExpression {
  const [first, second] = declaration.declarations;
  if (declaration.kind !== 'const' || first === undefined || second !== undefined) {
    throw text.error('BRAID_SCRIPT_META', declaration.start, '`meta` must be declared alone and by `const`.', EXAMPLE);
  }
  if (first.init?.type === 'ObjectExpression') return first.init;
  const part: Expression | AnyNode = first.init ?? first;
  const what = first.init === null || first.init === undefined ? 'has no value' : describeNonObject(first.init);
  throw text.error('BRAID_SCRIPT_META', part.start, `\`meta\` ${what}; it must be an object literal.`, LITERALS);
}

function describeNonObject(init: Expression): string {
  try {
    literalOf(init, 'meta');
    return 'is no object';
  } catch (error) {
    if (error instanceof NotLiteral) return error.what;
    throw error;
  }
}

function evaluate(text: ScriptText, object: ObjectExpression): JsonObject {
  try {
    return literalOf(object, 'meta') as JsonObject;
  } catch (error) {
    if (!(error instanceof NotLiteral)) throw error;
    throw text.error('BRAID_SCRIPT_META', error.offset, `\`${error.path}\` ${error.what}.`, LITERALS);
  }
}

function nameOf(text: ScriptText, meta: JsonObject, offset: number): string {
  const name = meta['name'];
  if (typeof name === 'string' && name.trim() !== '' && name.length <= SCRIPT_CHECK.metaNameChars) return name;
  const what =
    name === undefined
      ? '`meta` has no name.'
      : typeof name === 'string' && name.length > SCRIPT_CHECK.metaNameChars
        ? `\`meta.name\` has ${name.length} characters; ${SCRIPT_CHECK.metaNameChars} are the limit.`
        : `\`meta.name\` is ${JSON.stringify(name).slice(0, 60)}; it must be a non-empty string.`;
  throw text.error('BRAID_SCRIPT_META', offset, what, `Give it a short name: ${EXAMPLE}`);
}

function shapeWarnings(where: string, meta: JsonObject): string[] {
  const warnings: string[] = [];
  const { description, phases } = meta;
  if (typeof description !== 'string' || description === '') warnings.push(`${where}: \`meta\` has no description.`);
  if (phases !== undefined && !isPhaseList(phases)) {
    warnings.push(`${where}: \`meta.phases\` should be a list of objects with a title; it is shown only in part.`);
  }
  return warnings;
}

function isPhaseList(phases: Json): boolean {
  if (!Array.isArray(phases)) return false;
  return phases.every(
    (phase) =>
      typeof phase === 'object' && phase !== null && !Array.isArray(phase) && typeof phase['title'] === 'string',
  );
}
