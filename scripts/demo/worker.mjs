/** A worker of the demos' own, which they kill. Resolves when it takes work. */
import { spawn } from 'node:child_process';
import path from 'node:path';

export async function startWorker({ root, entry, env }) {
  const child = spawn(process.execPath, [path.resolve(root, entry), 'worker'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes('Worker ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`the worker ended: ${text}`)));
  });
  return child;
}
