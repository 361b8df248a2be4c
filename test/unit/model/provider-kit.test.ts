import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const MAIN = path.join(import.meta.dirname, '../../../testing/provider/main.ts');

it('the scripted provider runs as a process of its own and logs each request', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-provider-'));
  const script = path.join(folder, 'script.mjs');
  const log = path.join(folder, 'log.jsonl');
  writeFileSync(script, 'export default (request, n) => `${n}: ${request.model}`;');
  const child = spawn(process.execPath, [MAIN, '--script', script, '--log', log], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      child.stdout.on('data', (chunk: Buffer) => {
        const match = /listening (\S+)/.exec(chunk.toString());
        if (match?.[1] !== undefined) resolve(match[1]);
      });
    });
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true });
    const headers = { authorization: 'Bearer top-secret' };
    const answer = await (await fetch(`${url}/chat/completions`, { method: 'POST', body, headers })).text();
    expect(answer).toContain('[DONE]');
    const [line] = readFileSync(log, 'utf8').trim().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({
      n: 1,
      wire: 'chat',
      model: 'm',
      hasKey: true,
      messages: [{ role: 'user', text: 'hi' }],
    });
    expect(line).not.toContain('top-secret');
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
  }
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
});
