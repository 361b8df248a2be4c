/** How this package starts itself again: the commands of background processes. */
import { fileURLToPath } from 'node:url';

/** The file that runs commands, beside this one; `.ts` in the repository, `.js` when built. */
function cliEntry(): string {
  const ext = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./cli/main.${ext}`, import.meta.url));
}

export function backgroundCommands(): { serverCommand: string[]; workerCommand: string[] } {
  const node = [
    process.execPath,
    '--enable-experimental-regexp-engine-on-excessive-backtracks',
    '--enable-source-maps',
    cliEntry(),
  ];
  return {
    serverCommand: [...node, 'dev', '--no-worker', '--background'],
    workerCommand: [...node, 'worker', '--background'],
  };
}
