/**
 * Builds `dist/`: compiled modules, the files they read, and the workflow bundle. Runs on Node 20, because a fresh clone may
 * have nothing newer yet.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, renameSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);
/** Built aside and moved into place, so that a running command never sees half a build. */
const out = at('dist.new');

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json'), '--outDir', out], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const file of ['server/dynamic-config.yaml']) cpSync(at(file), path.join(out, file));
for (const folder of ['sandbox/engine/generated']) {
  if (existsSync(at(folder))) cpSync(at(folder), path.join(out, folder), { recursive: true, filter: (file) => !file.endsWith('.ts') });
}
const { bundleWorkflows } = await import(pathToFileURL(path.join(out, 'worker/bundle.js')).href);
const { code } = await bundleWorkflows();
writeFileSync(path.join(out, 'worker/workflow-bundle.js'), code);
rmSync(at('dist'), { recursive: true, force: true });
renameSync(out, at('dist'));
