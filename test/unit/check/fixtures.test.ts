import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newQuickJSWASMModuleFromVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { check } from './kit.ts';

const root = join(import.meta.dirname, '../../..');
const scripts = ['test/fixtures/scripts', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file)),
);

let engine: QuickJSWASMModule;
beforeAll(async () => {
  engine = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'));
});

describe('scripts of every style', () => {
  it('are there', () => {
    expect(scripts.length).toBeGreaterThanOrEqual(28);
  });

  it.each(scripts)('%s passes the check, without a warning when it has meta', (file) => {
    const checked = check(readFileSync(join(root, file), 'utf8'), file);
    expect(checked.warnings).toEqual(checked.meta === null ? [expect.stringContaining('no meta')] : []);
    expect(checked.name).not.toBe('');
  });

  it.each(scripts)('K1 %s parses in the engine as the body of an async function', (file) => {
    const checked = check(readFileSync(join(root, file), 'utf8'), file);
    const context = engine.newContext();
    const result = context.evalCode(`(async function () {${checked.source}\n})`, file);
    const message = result.error === undefined ? null : (context.dump(result.error) as { message: string }).message;
    expect(message).toBeNull();
  });

  it.each(scripts.filter((file) => file.startsWith('examples')))('%s has at most 90 lines', (file) => {
    expect(readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(90);
  });
});
