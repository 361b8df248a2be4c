import { childPath } from '../../protocol/journal.ts';
import type { RunInput } from '../../protocol/run-input.ts';

/** A node's path continues its parent's: runs of older builds have no keys, and are never resumed from within. */
export function pathOf({ parent }: RunInput): string {
  if (parent === undefined) return '';
  const { key, address } = parent.tag;
  if (key === undefined) return `${address}/`;
  const [kind = ''] = address.split('/').at(-1)?.split(':') ?? [];
  return childPath(key, kind === 'rlm' ? 'rlm' : kind === 'agent' ? 'delegate' : 'script');
}
