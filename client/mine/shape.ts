/**
 * The shape of a piece of code: what it does to what comes, without its names, texts and numbers. Two pieces of one shape are the same
 * program written twice.
 *
 *  S1  Kept are the syntax, operators, the names of the dialect's hooks and of methods that are called. All other names, all literals,
 *      comments and layout are gone.
 *  S2  A list of any length has the shape of its different members in a row: data does not make another program.
 *  S3  Code that does not parse, or is nested too deep to be walked, has no shape.
 */
import { parse, type AnyNode } from 'acorn';
import { hashText } from '../../protocol/hash.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { prepareCell } from '../../sandbox/cells/index.ts';
import { isNode } from '../../sandbox/cells/nodes.ts';
import { checkScript } from '../../sandbox/check/index.ts';

export interface Shape {
  /** 16 hex digits. */
  hash: string;
  /** Hooks and methods in the order in which they first stand in the code. */
  verbs: string[];
  /** Nodes of its syntax tree: tells a program from a line. */
  size: number;
}

/** Null when the code cannot be read (S3). */
export function shapeOfScript(source: string): Shape | null {
  return shaped(() => parsed(checkScript(source, { file: 'script' }).source));
}

export function shapeOfCell(code: string): Shape | null {
  return shaped(() => parsed(prepareCell(code).source));
}

function shaped(read: () => AnyNode): Shape | null {
  try {
    const writer = new Writer();
    const text = writer.write(read());
    return { hash: hashText(text).slice(0, 16), verbs: [...writer.verbs], size: writer.size };
  } catch (error) {
    // The parser's own error, its stack on a hostile nesting, or the check's.
    if (error instanceof SyntaxError || error instanceof RangeError || isBraidError(error)) return null;
    throw error;
  }
}

function parsed(source: string): AnyNode {
  return parse(source, {
    ecmaVersion: 2025,
    sourceType: 'script',
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
  });
}

/** Hooks of scripts and of cells, where they are called: they are what a program of either kind is made of. */
const HOOKS: ReadonlySet<string> = new Set([
  ...['agent', 'agentResult', 'parallel', 'pipeline', 'workflow', 'rlm', 'call', 'ask', 'approve', 'sleep', 'phase'],
  ...[
    'llm_query',
    'llm_query_batched',
    'rlm_query',
    'rlm_query_batched',
    'FINAL',
    'FINAL_VAR',
    'SUBMIT',
    'merge',
    'keep',
  ],
  ...['file', 'files'],
]);
/** What a program works on; nobody gives a variable such a name. */
const GIVEN: ReadonlySet<string> = new Set([
  ...['context', 'args', 'budget', 'tools', 'Promise', 'JSON', 'Math', 'Object', 'Array', 'Map', 'Set'],
]);
/** Too common to name a program by. */
const PLAIN: ReadonlySet<string> = new Set([
  'log',
  'print',
  'SHOW_VARS',
  'console',
  'push',
  'join',
  'slice',
  'trim',
  'map',
]);

class Writer {
  readonly verbs = new Set<string>();
  size = 0;

  write(node: AnyNode): string {
    this.size += 1;
    switch (node.type) {
      case 'Identifier':
        return GIVEN.has(node.name) ? node.name : '_';
      case 'Literal':
        return 'regex' in node && node.regex !== undefined ? '/' : '1';
      case 'TemplateLiteral':
        return `\`${this.row(node.expressions)}`;
      case 'MemberExpression':
        return `${this.write(node.object)}[${node.computed ? this.write(node.property) : '.'}]`;
      case 'CallExpression':
        return `${this.callee(node.callee)}(${this.row(node.arguments)})`;
      case 'Property':
        return `:${this.write(node.value)}`;
      default:
        return this.members(node);
    }
  }

  /** S1: a method is what is done, any other member is data. */
  private callee(node: AnyNode): string {
    if (node.type === 'Identifier' && HOOKS.has(node.name)) {
      this.verb(node.name);
      return node.name;
    }
    if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier')
      return this.write(node);
    const { name } = node.property;
    const text = `${this.write(node.object)}.${name}`;
    this.verb(name);
    return text;
  }

  private members(node: AnyNode): string {
    const parts: string[] = [node.type];
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      if (key === 'operator' || key === 'kind' || key === 'async' || key === 'await') parts.push(String(value));
      else if (isNode(value)) parts.push(this.write(value));
      else if (Array.isArray(value)) parts.push(`[${this.row(value.filter(isNode))}]`);
    }
    return `${parts.join(' ')};`;
  }

  /** S2. Statements are no data: each of them counts. */
  private row(nodes: readonly (AnyNode | null)[]): string {
    const texts: string[] = [];
    for (const node of nodes) {
      const text = node === null ? '' : this.write(node);
      const data = node !== null && !/Statement|Declaration/.test(node.type);
      if (!data || texts.at(-1) !== text) texts.push(text);
    }
    return texts.join(',');
  }

  private verb(name: string): void {
    if (!PLAIN.has(name)) this.verbs.add(name);
  }
}
