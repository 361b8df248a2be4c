/** Plays offline/migrator as an agent over files in memory: model turn → tool calls → model turn. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import picomatch from 'picomatch';
import { migrator } from '../../../activities/offline/migrator/migrator.ts';
import type { Conversation, ToolTurn } from '../../../activities/offline/rule-model.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';

export type FileMap = Map<string, string>;

export interface Played {
  value: JsonObject;
  calls: { name: string; input: Json }[];
}

const text = { type: 'string' };
const list = { type: 'array', items: text };
const CHANGED: JsonObject = {
  type: 'object',
  properties: { changed: { type: 'boolean' }, left: list, summary: text },
  required: ['changed', 'left', 'summary'],
};
const LISTED: JsonObject = { type: 'object', properties: { files: list }, required: ['files'] };
export const TESTED: JsonObject = {
  type: 'object',
  properties: { passed: { type: 'boolean' }, failed: { type: 'integer' }, output: text },
  required: ['passed', 'failed', 'output'],
};

/** One agent's conversation; its changes stay in `files`. Lines of a read come in pages of `pageLines`. */
export function playMigrator(
  files: FileMap,
  prompt: string,
  options: { tools?: string[]; schema?: JsonObject; bash?: (command: string) => string; pageLines?: number } = {},
): Played {
  const { tools = ['glob', 'read', 'edit', 'write'], schema = CHANGED, pageLines = 500 } = options;
  const turns: ToolTurn[] = [];
  for (let turn = 0; turn < 60; turn += 1) {
    const conversation: Conversation = {
      system: '',
      user: [prompt],
      turns,
      tools: new Set(tools),
      submitSchema: schema,
    };
    const { calls = [] } = migrator(conversation);
    const submit = calls.find(({ name }) => name === 'submit');
    if (submit !== undefined) {
      return { value: submit.input as JsonObject, calls: turns.map(({ name, input }) => ({ name, input })) };
    }
    if (calls.length === 0) throw new Error('it ended without a submission');
    for (const { name, input } of calls) {
      if (!tools.includes(name)) throw new Error(`${name} was not offered`);
      turns.push({ name, input, ...answerOf(files, name, input as JsonObject, { ...options, pageLines }) });
    }
  }
  throw new Error('the conversation does not end');
}

interface Answer {
  output: string;
  isError: boolean;
}

function answerOf(
  files: FileMap,
  name: string,
  input: JsonObject,
  { bash, pageLines }: { bash?: (command: string) => string; pageLines: number },
): Answer {
  const good = (output: string): Answer => ({ output, isError: false });
  const bad = (output: string): Answer => ({ output, isError: true });
  const file = String(input['path']);
  const before = files.get(file);
  if (name === 'bash') {
    const output = bash?.(String(input['command'])) ?? 'exit code 127 after 0.0 s';
    return output.startsWith('exit code 0') ? good(output) : bad(output);
  }
  if (name === 'glob') {
    const matches = picomatch(String(input['pattern']));
    return good(
      [...files.keys()]
        .filter((one) => matches(one))
        .sort()
        .join('\n'),
    );
  }
  if (name === 'write') {
    files.set(file, String(input['content']));
    return good(`${file}: replaced.`);
  }
  if (before === undefined) return bad(`There is no ${file} in the workspace.`);
  if (name === 'read') return good(pageOf(before, Number(input['offset'] ?? 1), pageLines));
  const [old, fresh] = [String(input['old']), String(input['new'])];
  const count = before.split(old).length - 1;
  if (count === 0) return bad('BRAID_EDIT_NO_MATCH: it is not there.');
  if (count > 1 && input['all'] !== true) return bad('BRAID_EDIT_AMBIGUOUS: it is there more than once.');
  files.set(
    file,
    before.replaceAll(old, () => fresh),
  );
  return good(`${file}: ${count} places replaced.`);
}

function pageOf(content: string, offset: number, pageLines: number): string {
  const lines = content.replace(/\n$/, '').split('\n');
  const shown = lines.slice(offset - 1, offset - 1 + pageLines).map((line, index) => `${offset + index}\t${line}`);
  const next = offset - 1 + shown.length;
  if (next >= lines.length) return shown.join('\n');
  return [...shown, `[lines ${next + 1} to ${lines.length} not shown; go on with offset ${next + 1}]`].join('\n');
}

/** The files as a folder of their own. */
function folderOf(files: FileMap): string {
  const root = mkdtempSync(path.join(tmpdir(), 'braid-migrate-'));
  for (const [name, content] of files) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

export function filesIn(root: string): FileMap {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))).sort();
  return new Map(paths.map((name) => [name, readFileSync(path.join(root, name), 'utf8')]));
}

/** Runs a command over the files, as the tool `bash` does: in a copy, with its exit code first. */
export function bashOver(files: FileMap): (command: string) => string {
  return (command) => {
    const cwd = folderOf(files);
    const env = { PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: cwd };
    try {
      return `exit code 0 after 0.1 s\n${execFileSync('bash', ['-c', command], { cwd, env, encoding: 'utf8', stdio: 'pipe' })}`;
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return `exit code ${status} after 0.1 s\n${stdout}${stderr}`;
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  };
}

/** The stages of examples/migrate.js: each file by an agent that sees the old package, the package, the tests, one repair. */
export function migratePackage(before: FileMap): { files: FileMap; first: JsonObject; last: JsonObject; left: Json[] } {
  const listed = playMigrator(before, 'List the files that are written in CommonJS.', {
    schema: LISTED,
    tools: ['glob', 'read'],
  });
  const files = new Map(before);
  const left: Json[] = [];
  for (const file of listed.value['files'] as string[]) {
    const own = new Map(before);
    const { value } = playMigrator(own, `Turn ${file} from CommonJS into an ES module. Change only this file.`);
    left.push(...(value['left'] as Json[]));
    files.set(file, own.get(file) ?? '');
  }
  playMigrator(files, 'Set "type": "module" in package.json.');
  const bash = bashOver(files);
  const first = playMigrator(files, 'Run the tests with `node --test`.', {
    tools: ['bash'],
    schema: TESTED,
    bash,
  }).value;
  if (first['passed'] === true) return { files, first, last: first, left };
  const prompt = `The tests fail. Repair what the output names, then run \`node --test\` once more.\n\n${String(first['output'])}`;
  const tools = ['glob', 'read', 'edit', 'write', 'bash'];
  const last = playMigrator(files, prompt, { tools, schema: TESTED, bash }).value;
  return { files, first, last, left };
}

/** What the migrator makes of one file beside others; the file itself when it was left as it is. */
export function migrated(
  source: string,
  others: { [path: string]: string } = {},
  file = 'main.js',
): { text: string; left: Json[] } {
  const files: FileMap = new Map([[file, source], ...Object.entries(others)]);
  const { value } = playMigrator(files, `Turn ${file} into an ES module.`);
  return { text: files.get(file) ?? '', left: isJsonObject(value) ? (value['left'] as Json[]) : [] };
}
