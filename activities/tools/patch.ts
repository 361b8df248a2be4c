import { unquoted } from '../../store/git-path.ts';

/** One file's part of a patch in git's format. */
export interface PatchSection {
  path: string;
  /** Header and hunks, without line ends. */
  lines: string[];
  added: number;
  removed: number;
}

/** Takes a patch apart. A line inside a hunk starts with a space, +, - or \, so no content passes for a header. */
export function splitPatch(patch: string): PatchSection[] {
  const sections: PatchSection[] = [];
  let inHunk = false;
  for (const line of patch.split('\n')) {
    if (line.startsWith('diff --git ')) {
      inHunk = false;
      sections.push({ path: samePath(line.slice('diff --git '.length)), lines: [], added: 0, removed: 0 });
    }
    const section = sections.at(-1);
    if (section === undefined) continue;
    section.lines.push(line);
    if (line.startsWith('@@')) inHunk = true;
    if (inHunk) count(section, line);
    else section.path = namedPath(line) ?? section.path;
  }
  const last = sections.at(-1)?.lines;
  if (last?.at(-1) === '') last.pop();
  return sections;
}

function count(section: PatchSection, line: string): void {
  if (line.startsWith('+')) section.added += 1;
  else if (line.startsWith('-')) section.removed += 1;
}

/** The path that a header line names: the new one, or the old one of a deleted file, whose `---` line comes first. */
function namedPath(line: string): string | null {
  const match = /^(?:\+\+\+ |--- |rename to )(.*?)\t?$/.exec(line);
  if (match?.[1] === undefined || match[1] === '/dev/null') return null;
  const path = unquoted(match[1]);
  return line.startsWith('rename to ') ? path : path.replace(/^[ab]\//, '');
}

/** `a/X b/X` → X. Only renames have two different names, and they say so in lines of their own. */
function samePath(names: string): string {
  const half = names.slice((names.length + 1) / 2);
  return unquoted(half).replace(/^b\//, '');
}
