// Makes `sandbox/engine/generated/` from published packages: the metered engine, the guest's prelude, its URL polyfill.
// Runs on Node 20. `--check` builds in memory and fails when a committed artefact differs. The output is deterministic.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPrelude } from './sandbox/bundle-prelude.mjs';
import { buildEngine } from './sandbox/meter-engine.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const generated = resolve(root, 'sandbox/engine/generated');
const check = process.argv.includes('--check');

const engine = buildEngine(root);
const prelude = await buildPrelude(root);
const engineHash = sha256(engine.bytes, prelude);

const outputs = {
  [resolve(generated, 'quickjs-metered.js')]: `export default '${Buffer.from(engine.bytes).toString('base64')}';\n`,
  [resolve(generated, 'quickjs-metered.d.ts')]: 'declare const base64: string;\nexport default base64;\n',
  [resolve(generated, 'prelude.js')]: `export default ${literal(prelude)};\n`,
  [resolve(generated, 'prelude.d.ts')]: 'declare const source: string;\nexport default source;\n',
  [resolve(root, 'sandbox/engine/engine-hash.ts')]: hashModule(engineHash, engine),
};

const stale = Object.entries(outputs).filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
if (check && stale.length > 0) {
  console.error(`The sandbox artefacts are not what their sources build: ${stale.map(([file]) => relative(root, file)).join(', ')}`);
  console.error('Run `npm run build:sandbox` and commit what changes; replay of old runs needs the old engine (design §3.6).');
  process.exit(1);
}
if (!check) {
  mkdirSync(generated, { recursive: true });
  for (const [file, text] of stale) writeFileSync(file, text);
}
console.log(`sandbox ${engineHash.slice(0, 12)}: ${engine.loops} loops and ${engine.functions} functions metered, ${engine.bulk} bulk operations charged, ` +
  `${engine.traps} error sites sealed; ${stale.length === 0 ? 'up to date' : `${stale.length} files written`}`);

function hashModule(hash, { functions, loops, bytes }) {
  return [
    '/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and the prelude. A run replays only on the same. */',
    `export const ENGINE_HASH = '${hash}';`,
    '',
    `/** SHA-256 of the engine's wasm alone (${bytes.length} bytes, ${loops} loops and ${functions} functions metered). */`,
    `export const WASM_HASH = '${sha256(bytes)}';`,
    '',
  ].join('\n');
}

function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A template-free JavaScript string literal on one line. */
function literal(text) {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
