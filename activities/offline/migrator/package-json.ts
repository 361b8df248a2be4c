/** package.json: that its files are modules. */
import { isJsonObject } from '../../../protocol/json.ts';
import type { Change } from './repair.ts';

/** Null when it says so already; a text: why it cannot be said. */
export function moduleType(path: string, text: string): Change | string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${path} is no JSON`;
  }
  if (!isJsonObject(value)) return `${path} is no object`;
  if (value['type'] === 'module') return null;
  if (value['type'] !== undefined) {
    const old = /"type"\s*:\s*"[^"]*"/.exec(text)?.[0];
    return old === undefined
      ? `${path} has a strange type`
      : { name: 'edit', input: { path, old, new: '"type": "module"' } };
  }
  // After the members that a package begins with, in the file's own style.
  const line = /^([^\S\n]*)"(?:version|name)"\s*:\s*"[^"\n]*"(,?)[^\S\n]*$/gm;
  const last = [...text.matchAll(line)].findLast((match) => match[1] === /\n([^\S\n]*)"/.exec(text)?.[1]);
  if (last === undefined)
    return { name: 'write', input: { path, content: `${JSON.stringify({ type: 'module', ...value }, null, 2)}\n` } };
  const [old, indent = '', comma = ''] = last;
  const fresh = `${comma === '' ? `${old},` : old}\n${indent}"type": "module"${comma}`;
  return { name: 'edit', input: { path, old, new: fresh } };
}
