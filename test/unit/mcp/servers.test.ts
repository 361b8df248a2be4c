import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { offerTools, runAdded } from '../../../activities/effects/added.ts';
import { callTool, listTools } from '../../../activities/mcp/servers.ts';
import type { OfferedTool } from '../../../protocol/effects.ts';
import { openCallLogs } from '../../../store/call-records.ts';
import { NEVER, tempFolder, tempStore } from '../workspace/kit.ts';

const SERVER = path.join(import.meta.dirname, 'server.mjs');

/** A configuration with a server of its own. */
async function world(server?: object) {
  const folder = tempFolder();
  const file = path.join(folder, 'braid.config.json');
  const stdio = { command: process.execPath, args: [SERVER, folder], env: { GIVEN: 'given' } };
  writeFileSync(file, JSON.stringify({ mcp: { test: server ?? stdio } }));
  const tools = server === undefined ? await listTools(file, 'test', NEVER) : [];
  const tool = (name: string): OfferedTool =>
    tools.find((one) => one.name === `mcp__test__${name}`) ?? expect.unreachable();
  const call = (name: string, input = {}, signal = NEVER) => callTool(file, tool(name), input, signal);
  return { folder, file, tools, tool, call };
}

describe('an MCP server as a process', () => {
  it('tells its tools, whose names models can take, and is called', async () => {
    const { tools, call } = await world();
    expect(tools.map(({ name }) => name)).toEqual(
      ['echo', 'die', 'hang', 'env', 'long', 'flood', 'fail'].map((name) => `mcp__test__${name}`),
    );
    expect(tools[0]).toMatchObject({ description: 'says it', inputSchema: { type: 'object' } });
    expect((await call('echo', { text: 'hi' })).text).toMatch(/^\d+: hi$/);
    expect(await call('fail')).toEqual({ text: 'no such thing', isError: true });
  });

  it('T1: gets its own variables and none of the keys of the worker', async () => {
    process.env['BRAID_TEST_SECRET'] = 'sk-not-to-be-seen';
    onTestFinished(() => void delete process.env['BRAID_TEST_SECRET']);
    const { text } = await (await world()).call('env');
    expect(JSON.parse(text)).toMatchObject({ GIVEN: 'given' });
    expect(text).not.toContain('sk-not-to-be-seen');
  });

  it('V1: one that dies is a coded error with its last words, and is started anew with the next call', async () => {
    const { call } = await world();
    const [before = ''] = (await call('echo', { text: 'a' })).text.split(':');
    await expect(call('die')).rejects.toMatchObject({
      code: 'BRAID_MCP_FAILED',
      message: expect.stringContaining('I am done with this'),
    });
    const [after = ''] = (await call('echo', { text: 'a' })).text.split(':');
    expect(after).not.toBe(before);
  });

  it('T2: one that floods is ended, and its memory with it', async () => {
    const { call } = await world();
    await expect(call('flood')).rejects.toMatchObject({
      code: 'BRAID_MCP_FAILED',
      message: expect.stringContaining('more than 16 MiB'),
    });
    expect((await call('echo', { text: 'again' })).text).toContain('again');
  });

  it('V2: one that changed a tool is not called; others of its tools are', async () => {
    const { folder, call } = await world();
    writeFileSync(path.join(folder, 'changed'), '');
    await expect(call('echo', { text: 'a' })).rejects.toMatchObject({ code: 'BRAID_MCP_CHANGED' });
    expect((await call('fail')).isError).toBe(true);
  });

  it('V1: one that does not answer is left when the call is cancelled', async () => {
    const { call } = await world();
    const reason = new Error('cancelled');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 300);
    await expect(call('hang', {}, controller.signal)).rejects.toBe(reason);
  });

  it.each([
    [{ command: '/no/such/program' }, /ENOENT/],
    [{ command: process.execPath, args: ['-e', 'console.error("broken"); process.exit(3)'] }, /broken/],
  ])('V1: one that cannot be started is a coded error: %j', async (server, text) => {
    const { file } = await world(server);
    await expect(listTools(file, 'test', NEVER)).rejects.toMatchObject({
      code: 'BRAID_MCP_FAILED',
      message: expect.stringMatching(text),
    });
  });
});

it('an MCP server at an address gets the headers of its configuration', async () => {
  const port = path.join(tempFolder(), 'port');
  const server = spawn(process.execPath, [SERVER, '', port], { stdio: 'ignore' });
  onTestFinished(() => void server.kill());
  await expect.poll(() => existsSync(port), { timeout: 10_000 }).toBe(true);
  const url = `http://127.0.0.1:${readFileSync(port, 'utf8')}/mcp`;
  const { file } = await world({ url, headers: { Authorization: 'Bearer secret' } });
  const [echo] = await listTools(file, 'test', NEVER);
  expect((await callTool(file, echo ?? expect.unreachable(), { text: 'over HTTP' }, NEVER)).text).toContain(
    'over HTTP',
  );
  const locked = await world({ url });
  await expect(listTools(locked.file, 'test', NEVER)).rejects.toMatchObject({ code: 'BRAID_MCP_FAILED' });
});

describe('as tools of agents', () => {
  const SHELL = { network: false, readOnly: [], seconds: 1 };
  const request = { key: 'k', tool: '', input: { text: 'hi' }, snapshot: null, overlay: null, shell: SHELL };
  const begin = () => Promise.resolve();

  it('are read once for a run: what was found first stays', async () => {
    const { folder, file, tools } = await world();
    const logs = openCallLogs(tempStore());
    const ask = (run: string) =>
      offerTools(logs.of({ workflowId: run, runId: '' }), { run, file, servers: ['test'] }, NEVER);
    expect(await ask('one')).toEqual(tools);
    writeFileSync(path.join(folder, 'changed'), '');
    expect(await ask('one')).toEqual(tools);
    expect(await ask('two')).not.toEqual(tools);
  });

  it('answer errors, and floods cut', async () => {
    const { file, tool } = await world();
    const run = (name: string) => runAdded({ ...request, added: { file, offered: tool(name) } }, NEVER, begin);
    expect(await run('die')).toMatchObject({ isError: true, output: expect.stringMatching(/^BRAID_MCP_FAILED: /) });
    const { output } = await run('long');
    expect(output.length).toBeLessThan(17_000);
    expect(output).toMatch(/… 984000 characters are left out …/);
  });

  it("the user's own functions get the input and give JSON; what they throw is an answer", async () => {
    const file = path.join(tempFolder(), 'braid.config.mjs');
    const run =
      '{ description: "d", input: {}, run: ({ text }) => { if (text === "bad") throw new Error("no"); return { said: text }; } }';
    writeFileSync(file, `export default { rlm: { tools: { say: ${run} } } }`);
    const added = { file, offered: { name: 'say', description: 'd', inputSchema: {} } };
    expect(await runAdded({ ...request, added }, NEVER, begin)).toMatchObject({
      isError: false,
      output: '{"said":"hi"}',
    });
    const failed = await runAdded({ ...request, input: { text: 'bad' }, added }, NEVER, begin);
    expect(failed).toMatchObject({ isError: true, output: expect.stringMatching(/^BRAID_TOOL_FAILED: .*no/) });
  });
});
