/**
 * `npm run demo`: a review of real third-party source by rule programs (no key, no cost), in the middle of which this demo
 * kills its own worker. Exits 0 only with proof from the store that no finished call was asked twice.
 */
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readCalls, proofOf } from './demo/proof.mjs';
import { startWorker } from './demo/worker.mjs';
import { tell, printFindings, printProof } from './demo/print.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const entry = path.join(root, 'dist/client/cli/main.js');
const home = path.join(root, '.braid', 'demo');
const target = path.join('node_modules', '@temporalio', 'worker', 'src');
/** Slow enough to watch, and to have calls in flight when the worker dies. */
const env = {
  ...process.env,
  BRAID_HOME: home,
  BRAID_OFFLINE_LATENCY_MS: process.env.BRAID_OFFLINE_LATENCY_MS ?? '250',
};
/** The kill comes when this share of the calls that were seen has finished. */
const KILL_AFTER_CALLS = 4;

execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs'), '--if-stale'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const { Braid } = await import('../dist/client/index.js');

tell(
  'Reviewing',
  `${target} for bugs, performance and security, with offline/reviewer: a rule program, no key, no cost.`,
);
tell('Server', 'looking for a Temporal server; the first time it is downloaded, or built with Go (about 3 minutes)…');
const braid = await Braid.connect({ env, start: 'server', progress: (line) => tell('Server', line) });
const before = readCalls(home);
let worker = await startWorker({ root, entry, env });
const id = `demo-${Date.now().toString(36)}`;
const review = startReview(id);
const killed = await killMidway();
const outcome = await review;
worker.kill('SIGTERM');
const end = await braid.attach(id).result();
const view = await braid.attach(id).view();
await braid.close();

printFindings(end.value, path.join(root, target));
const proof = proofOf({ before, killed: killed?.calls ?? null, after: readCalls(home), usage: end.usage });
printProof(proof, killed, view);
tell('Look', `tree:      BRAID_HOME=.braid/demo npx braid show ${id}`);
tell(
  'Look',
  `in the UI: ${braid.uiUrl}/namespaces/default/workflows/${id} (end the server: BRAID_HOME=.braid/demo npx braid dev --stop)`,
);
tell('Next', 'your code:    npx braid run examples/review.js --cwd path/to/folder --model offline/reviewer');
tell(
  'Next',
  'a real model: OPENAI_API_KEY=… npx braid run examples/review.js --cwd path/to/folder --model openai/gpt-5-mini',
);
const good = proof.holds && outcome === 0 && end.value?.confirmed?.length > 0;
if (!good)
  tell(
    'FAILED',
    `status ${end.status}, ${end.value?.confirmed?.length ?? 0} confirmed findings, proof ${proof.holds ? 'holds' : 'does not hold'}`,
  );
process.exit(good ? 0 : 1);

/** The run itself, as a user would type it: live on a terminal, plain lines in a pipe. Resolves to its exit code. */
function startReview(run) {
  const args = [
    entry,
    'run',
    'examples/review.js',
    '--cwd',
    target,
    '--model',
    'offline/reviewer',
    '--id',
    run,
    '--concurrency',
    '6',
  ];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Waits until some calls have finished and others are in flight, kills the worker with SIGKILL, starts another. */
async function killMidway() {
  const run = braid.attach(id);
  for (;;) {
    await sleep(100);
    const now = await run.view().catch(() => null);
    if (now === null) continue;
    if (now.endedAt !== null) return null;
    if (now.counts.done >= KILL_AFTER_CALLS && now.counts.running > 0 && (await untilJustSent())) break;
  }
  const old = worker.pid;
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  const calls = readCalls(home);
  worker = await startWorker({ root, entry, env });
  return { old, next: worker.pid, calls };
}

/** True right after a request was sent while another is in flight, so that the kill surely hits some; false after a while. */
async function untilJustSent() {
  const inFlight = () =>
    [...readCalls(home)].filter(([name, call]) => !call.finished && !before.has(name)).map(([name]) => name);
  let earlier = new Set(inFlight());
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(15);
    const now = inFlight();
    if (now.length >= 2 && now.some((name) => !earlier.has(name))) return true;
    earlier = new Set(now);
  }
  return false;
}
