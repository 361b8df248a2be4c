/**
 * `npm run demo:rlm`: a recursive language model, played by a rule program (no key, no cost), joins all package.json files and
 * licence texts of node_modules, while this demo kills its worker. Exits 0 only if the answer is the truth that an independent
 * script finds, and the store proves that no finished call was asked twice.
 */
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { tell } from './demo/print.mjs';
import { proofOf, readCalls } from './demo/proof.mjs';
import { CONTEXTS, QUESTION } from './demo-rlm/job.mjs';
import { printAnswers, printProof } from './demo-rlm/print.mjs';
import { truthOf } from './demo-rlm/truth.mjs';
import { startWorker } from './demo/worker.mjs';
import { killMidway } from './demo-rlm/kill.mjs';

const root = path.join(import.meta.dirname, '..');
const entry = 'dist/client/cli/main.js';
const home = path.join(root, '.braid', 'demo');
/** Slow enough to have calls in flight when the worker dies. */
const env = {
  ...process.env,
  BRAID_HOME: home,
  BRAID_OFFLINE_LATENCY_MS: process.env.BRAID_OFFLINE_LATENCY_MS ?? '250',
};

execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs'), '--if-stale'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const { Braid } = await import('../dist/client/index.js');

tell('Asking', QUESTION);
tell('Of', 'offline/rlm: a rule program that writes the cells and answers the sub-calls. No key, no cost.');
tell('Server', 'looking for a Temporal server; the first time it is downloaded, or built with Go (about 3 minutes)…');
const braid = await Braid.connect({ env, start: 'server', progress: (line) => tell('Server', line) });
const before = readCalls(home);
const start = () => startWorker({ root, entry, env });
let worker = await start();
const id = `demo-rlm-${Date.now().toString(36)}`;
let ended = false;
const asking = ask().finally(() => (ended = true));
const killed = await killMidway({ worker, home, before, ended: () => ended, start });
worker = killed?.worker ?? worker;
const exit = await asking;
worker.kill('SIGTERM');
const end = await braid.attach(id).result();
await braid.close();

const truth = truthOf(root);
const answer = Array.isArray(end.value) ? end.value : [];
const proof = proofOf({ before, killed: killed?.calls ?? null, after: readCalls(home), usage: end.usage });
printAnswers(answer, truth);
printProof(proof, killed);
tell('Look', `cells:     BRAID_HOME=.braid/demo npx braid show ${id} --cells`);
tell(
  'Look',
  `in the UI: ${braid.uiUrl}/namespaces/default/workflows/${id} (end the server: BRAID_HOME=.braid/demo npx braid dev --stop)`,
);
tell(
  'Next',
  'a real model: OPENAI_API_KEY=… npx braid rlm "your question" --context "src/**" --model openai/gpt-5-mini',
);
const equal = truth.length > 0 && isDeepStrictEqual(answer, truth);
tell(
  equal ? 'Equal' : 'FAILED',
  equal ? `all ${truth.length} packages, as the truth has them` : `status ${end.status}: the answer is not the truth`,
);
if (!proof.holds)
  tell('FAILED', 'the proof does not hold: a finished call was asked again, or nothing was in flight at the kill');
process.exit(equal && proof.holds && exit === 0 ? 0 : 1);

/** The run itself, as a user would type it. Resolves to its exit code. */
function ask() {
  const contexts = CONTEXTS.flatMap((pattern) => ['--context', pattern]);
  const options = ['--model', 'offline/rlm', '--id', id, '--concurrency', '6'];
  const args = [path.join(root, entry), 'rlm', QUESTION, ...contexts, ...options];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}
