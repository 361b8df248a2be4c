/** Names of a script and what they hold. */
import type { AnyNode } from 'acorn';
import { nodesOf } from '../cells/nodes.ts';
import type { Value } from './values.ts';

export class Scope {
  private readonly names = new Map<string, Value>();
  private readonly parent: Scope | null;
  /** The scope of the function's body, where `var` declares. */
  private readonly body: Scope;

  constructor(parent: Scope | null, { isBody = parent === null } = {}) {
    this.parent = parent;
    this.body = isBody || parent === null ? this : parent.body;
  }

  declare(name: string, value: Value, kind: 'var' | 'let' = 'let'): void {
    (kind === 'var' ? this.body : this).names.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.names.get(name) ?? this.parent?.get(name);
  }

  set(name: string, value: Value): void {
    if (this.names.has(name) || this.parent === null) this.names.set(name, value);
    else this.parent.set(name, value);
  }
}

/** Names that are assigned to anywhere below `node`. */
export function assignedIn(node: AnyNode): Set<string> {
  const names = new Set<string>();
  for (const { type, ...part } of nodesOf(node)) {
    if (type === 'UpdateExpression' && 'argument' in part && part.argument?.type === 'Identifier')
      names.add(part.argument.name);
    if (type === 'AssignmentExpression' && 'left' in part && part.left.type === 'Identifier') names.add(part.left.name);
  }
  return names;
}
