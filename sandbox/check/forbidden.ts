import type { AnyNode } from 'acorn';
import type { ScriptText } from './script-text.ts';
import type { Survey } from './survey.ts';

/** Refuses what the dialect does not have, at its first place in the source (DW-06). `meta` is the export that may stay. */
export function refuseForbidden(text: ScriptText, survey: Survey, meta: AnyNode | null): void {
  for (const node of survey.nodes) {
    const found = node === meta ? null : judge(node, survey, text.source);
    if (found !== null) throw text.error('BRAID_SCRIPT_FORBIDDEN', node.start, found.what, found.fix);
  }
}

interface Finding {
  what: string;
  fix: string;
}

const NO_MODULES = 'The hooks are globals and need no import; leave files, packages and processes to agents.';

function judge(node: AnyNode, survey: Survey, source: string): Finding | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return { what: 'Scripts cannot import modules.', fix: NO_MODULES };
    case 'ImportExpression':
      return { what: 'Scripts cannot import modules: import() is not there.', fix: NO_MODULES };
    case 'MetaProperty':
      return node.meta.name === 'import'
        ? { what: 'Scripts are no modules: import.meta is not there.', fix: NO_MODULES }
        : null;
    case 'ExportDefaultDeclaration':
      return {
        what: 'A script has no default export.',
        fix: 'Write the code at the top level and end it with `return value`.',
      };
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return {
        what: 'A script exports only `meta`.',
        fix: 'Remove `export`; the value that the script returns is its result.',
      };
    case 'CallExpression':
      return isRequire(node, survey)
        ? { what: 'Scripts cannot load modules: require() is not there.', fix: NO_MODULES }
        : null;
    case 'BinaryExpression':
      return isTypeArgument(node, survey.declared, source)
        ? {
            what: 'A type in angle brackets is TypeScript; scripts are plain JavaScript.',
            fix: 'Remove the angle brackets and the type.',
          }
        : null;
    default:
      return null;
  }
}

/** A script that asks `typeof require` first is ready for its absence, as scripts are that find out what a system has. */
function isRequire(node: AnyNode & { type: 'CallExpression' }, { declared, probed }: Survey): boolean {
  if (node.callee.type !== 'Identifier' || node.callee.name !== 'require') return false;
  return !declared.has('require') && !probed.has('require');
}

const PRIMITIVE = /^(?:string|number|boolean|any|unknown|never|void|object)$/;

/** `agent<Answer>(prompt)` is a comparison in JavaScript and would fail later with a riddle. */
function isTypeArgument(
  node: AnyNode & { type: 'BinaryExpression' },
  declared: ReadonlySet<string>,
  source: string,
): boolean {
  if (node.operator !== '>' || node.left.type !== 'BinaryExpression' || node.left.operator !== '<') return false;
  const type = node.left.right;
  if (type.type !== 'Identifier' || declared.has(type.name)) return false;
  const looksLikeType = PRIMITIVE.test(type.name) || /^[A-Z]\w*[a-z]/.test(type.name);
  return looksLikeType && source.slice(type.end, type.end + 2) === '>(' && source[type.start - 1] === '<';
}
