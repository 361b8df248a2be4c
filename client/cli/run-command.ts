import type { PlanFlags } from './plan.ts';

/** Of `braid plan` alone, or about how this command shows things. */
const OWN = new Set(['explain', 'yes', 'save', 'id', 'output', 'workspace', 'detach']);

/** The command line that runs a script with the same settings. */
export function runCommand(script: string, flags: PlanFlags): string {
  const named = Object.entries(flags).flatMap(([name, value]) => {
    if (OWN.has(name) || value === undefined || value === false) return [];
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [flag, quoted(String(value))];
  });
  const bare = flags.workspace === false ? ['--no-workspace'] : [];
  return ['braid run', quoted(script), ...named, ...bare].join(' ');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
