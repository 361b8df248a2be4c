// Makes `sandbox/engine/generated/` from published packages: the metered engine, and its memory with each guest's prelude.
// `--keep` first puts the present engines into `sandbox/engine/kept/`. Runs on Node 20. `--check` builds in memory and fails when a committed artefact differs. The output is deterministic.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootImage, STACK } from './sandbox/boot-image.mjs';
import { buildPrelude } from './sandbox/bundle-prelude.mjs';
import { buildEngine } from './sandbox/meter-engine.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const generated = resolve(root, 'sandbox/engine/generated');
const check = process.argv.includes('--check');

const engine = buildEngine(root);
const image = bootImage(engine.bytes, await buildPrelude(root, 'prelude'));
// Which messages the prelude knows (sandbox/engine/image.ts): an older image has no such number.
const WIRE = 2;
const addresses = `{ runtime: ${image.runtime}, context: ${image.context}, start: ${image.start}, wire: ${WIRE} }`;
const engineHash = sha256(engine.bytes, image.memory, addresses);

const repl = bootImage(engine.bytes, await buildPrelude(root, 'prelude-repl'));
const stack = `{ start: ${STACK.end - STACK.size}, end: ${STACK.end} }`;
const replAddresses = `{ runtime: ${repl.runtime}, context: ${repl.context}, start: ${repl.start}, stack: ${stack} }`;
const replHash = sha256(engine.bytes, repl.memory, replAddresses);

const ADDRESS_TYPES = 'runtime: number; context: number; start: number';
const outputs = {
  [resolve(generated, 'quickjs-metered.js')]: `export default '${base64(engine.bytes)}';\n`,
  [resolve(generated, 'quickjs-metered.d.ts')]: 'declare const base64: string;\nexport default base64;\n',
  [resolve(generated, 'script-image.js')]: imageModule(addresses, image),
  [resolve(generated, 'script-image.d.ts')]: imageTypes(`${ADDRESS_TYPES}; wire: number`),
  [resolve(generated, 'repl-image.js')]: imageModule(replAddresses, repl),
  [resolve(generated, 'repl-image.d.ts')]: imageTypes(`${ADDRESS_TYPES}; stack: { start: number; end: number }`),
  [resolve(root, 'sandbox/engine/engine-hash.ts')]: hashModule(engineHash, engine),
  [resolve(root, 'sandbox/engine/repl-engine-hash.ts')]: replHashModule(replHash),
};

// The engine that the repository has is kept, so that runs that began on it go on in the next build (design §3.6).
if (process.argv.includes('--keep')) keepEngines();

const stale = Object.entries(outputs).filter(
  ([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text,
);
if (check && stale.length > 0) {
  console.error(
    `The sandbox artefacts are not what their sources build: ${stale.map(([file]) => relative(root, file)).join(', ')}`,
  );
  console.error(
    'Run `npm run build:sandbox` and commit what changes; replay of old runs needs the old engine (design §3.6).',
  );
  process.exit(1);
}
if (!check) {
  mkdirSync(generated, { recursive: true });
  for (const [file, text] of stale) writeFileSync(file, text);
}
console.log(
  `sandbox ${engineHash.slice(0, 12)}: ${engine.loops} loops and ${engine.functions} functions metered, ${engine.bulk} bulk operations charged, ` +
    `${engine.traps} error sites sealed, images of ${image.memory.length} and ${repl.memory.length} bytes; ${stale.length === 0 ? 'up to date' : `${stale.length} files written`}`,
);

function keepEngines() {
  const kept = resolve(root, 'sandbox/engine/kept');
  const hashIn = (file) => /HASH = '([0-9a-f]{12})/.exec(readFileSync(resolve(root, file), 'utf8'))[1];
  for (const [kind, hashFile] of [
    ['script', 'sandbox/engine/engine-hash.ts'],
    ['repl', 'sandbox/engine/repl-engine-hash.ts'],
  ]) {
    const name = `${kind}-${hashIn(hashFile)}`;
    for (const end of ['js', 'd.ts'])
      copyFileSync(resolve(generated, `${kind}-image.${end}`), resolve(kept, `${name}.${end}`));
    console.log(`kept ${name}: name it in sandbox/engine/kept/${kind}s.ts`);
  }
}

function hashModule(hash, { functions, loops, bytes }) {
  return [
    '/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and of the prelude in it. A run replays only on the same. */',
    `export const ENGINE_HASH = '${hash}';`,
    '',
    `/** SHA-256 of the engine's wasm alone (${bytes.length} bytes, ${loops} loops and ${functions} functions metered). */`,
    `export const WASM_HASH = '${sha256(bytes)}';`,
    '',
  ].join('\n');
}

function replHashModule(hash) {
  return [
    '/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */',
    `export const REPL_ENGINE_HASH = '${hash}';`,
    '',
  ].join('\n');
}

function imageModule(addressText, { memory }) {
  return `export const addresses = ${addressText};\nexport const memory = '${base64(memory)}';\n`;
}

function imageTypes(members) {
  return `export declare const addresses: { ${members} };\nexport declare const memory: string;\n`;
}

function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function base64(bytes) {
  return Buffer.from(bytes).toString('base64');
}
