import { styleText } from 'node:util';
import type { Connection } from '@temporalio/client';
import { isBraidError } from '../../protocol/errors.ts';
import { SEARCH_ATTRIBUTES, taskQueueOf } from '../../protocol/names.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { findOnPath } from '../../server/executable.ts';
import { connectClient } from '../../server/connection.ts';
import { retentionDays } from '../../server/namespace.ts';
import { cacheFolder } from '../../server/paths.ts';
import { listProcesses } from '../../server/process-files.ts';
import { resolveServer, type ResolvedServer } from '../../server/resolve.ts';
import { openStore } from '../../store/blobs.ts';
import { resolveHome } from '../../store/home.ts';
import { loadConfig } from '../input/config.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { safeText } from '../render/sanitize.ts';
import { printJson } from './common.ts';
import { runFindings } from './doctor-runs.ts';
import { shellFinding } from './doctor-shell.ts';
import type { Finding } from './finding.ts';
import type { Output } from './options.ts';
import { VERSION } from './version.ts';

/** Below this, histories of long runs vanish before anybody looks. */
const MIN_RETENTION_DAYS = 7;

/** Exit code: 0, or 4 when no run could be made. */
export async function runDoctor(output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const findings = [
    ...own(),
    ...(await storeFindings()),
    ...(await serverFindings()),
    ...(await modelFindings()),
    await shellFinding(),
  ];
  if (output === 'text') for (const finding of findings) process.stdout.write(`${line(finding)}\n`);
  else printJson({ version: VERSION, findings });
  return findings.some((finding) => finding.state === 'missing') ? 4 : 0;
}

function own(): Finding[] {
  return [
    { what: 'braid', state: 'ok', detail: `${VERSION}, engine ${ENGINE_HASH.slice(0, 12)}` },
    { what: 'node', state: 'ok', detail: `${process.version} (${process.execPath})` },
  ];
}

async function storeFindings(): Promise<Finding[]> {
  const home = resolveHome(process.env);
  try {
    const store = openStore(home);
    await store.get(await store.put('doctor'));
    const workers = listProcesses(home).filter((entry) => entry.kind === 'worker');
    const found = workers.map(({ pid, mode }) => `process ${pid} (${mode})`).join(', ');
    return [
      { what: 'store', state: 'ok', detail: `${home}, queue ${taskQueueOf(store.id)}` },
      workers.length > 0
        ? { what: 'worker', state: 'ok', detail: found }
        : {
            what: 'worker',
            state: 'warning',
            detail: 'none of this store runs on this machine',
            fix: 'braid worker, or let `braid run` start one',
          },
    ];
  } catch (error) {
    const fix = isBraidError(error) ? error.fix : 'Set BRAID_HOME to a folder that can be written.';
    return [{ what: 'store', state: 'missing', detail: messageOf(error), fix }];
  }
}

async function serverFindings(): Promise<Finding[]> {
  const home = resolveHome(process.env);
  let server: ResolvedServer;
  try {
    server = await resolveServer({ env: process.env, home, start: false, progress: () => undefined });
  } catch (error) {
    if (process.env['TEMPORAL_ADDRESS'] !== undefined) {
      return [
        {
          what: 'server',
          state: 'missing',
          detail: messageOf(error),
          fix: isBraidError(error) ? error.fix : 'braid dev',
        },
      ];
    }
    return [
      { what: 'server', state: 'warning', detail: 'none runs', fix: 'braid dev, or let `braid run` start one' },
      binary(),
    ];
  }
  const connection = await connectClient({ namespace: server.namespace, options: server.options });
  try {
    const ui = server.uiUrl === null ? '' : `, UI ${server.uiUrl}`;
    const reachable: Finding = {
      what: 'server',
      state: 'ok',
      detail: `${server.address}, namespace ${server.namespace}${ui}`,
    };
    const days = await retention(connection, server.namespace);
    const known = await attributes(connection, server.namespace);
    // Without its attributes a namespace lists nothing.
    const runs = known.state === 'ok' ? await runFindings(connection, server.namespace, ownQueue(home)) : [];
    return [reachable, days, known, ...runs];
  } finally {
    await connection.close();
  }
}

/** Null when there is no store here, which another line tells. */
function ownQueue(home: string): string | null {
  try {
    return taskQueueOf(openStore(home).id);
  } catch {
    return null;
  }
}

function binary(): Finding {
  const onPath = findOnPath('temporal', process.env);
  const where = onPath ?? `downloaded or built with Go into ${cacheFolder(process.env)} when first needed`;
  return { what: 'server binary', state: 'ok', detail: where };
}

async function retention(connection: Connection, namespace: string): Promise<Finding> {
  const days = await retentionDays(connection, namespace);
  const what = 'retention';
  if (days === null) {
    return {
      what,
      state: 'missing',
      detail: `the namespace ${namespace} does not exist`,
      fix: `temporal operator namespace create --retention 30d ${namespace}`,
    };
  }
  if (days >= MIN_RETENTION_DAYS) return { what, state: 'ok', detail: `${days} days` };
  const fix = `temporal operator namespace update --retention 30d ${namespace}`;
  return { what, state: 'warning', detail: `${days} days: ended runs vanish after that`, fix };
}

async function attributes(connection: Connection, namespace: string): Promise<Finding> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in (customAttributes ?? {})));
  const what = 'search attributes';
  if (missing.length === 0) return { what, state: 'ok', detail: Object.values(SEARCH_ATTRIBUTES).join(', ') };
  const flags = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  return {
    what,
    state: 'missing',
    detail: `not registered: ${missing.join(', ')}`,
    fix: `temporal operator search-attribute create --namespace ${namespace} ${flags}`,
  };
}

async function modelFindings(): Promise<Finding[]> {
  const { values, file } = await loadConfig(process.cwd());
  const model = process.env['BRAID_MODEL'] ?? values.model;
  const base = process.env['OPENAI_BASE_URL'] === undefined ? '' : ', OPENAI_BASE_URL is set';
  const keys = Object.keys(process.env).filter((name) => /^[A-Z_]+_API_KEY$/.test(name) && process.env[name] !== '');
  return [
    { what: 'configuration', state: 'ok', detail: file ?? 'no braid.config.ts here: defaults' },
    model === undefined
      ? {
          what: 'model',
          state: 'warning',
          detail: 'no default',
          fix: 'pass --model provider/model, or set BRAID_MODEL',
        }
      : { what: 'model', state: 'ok', detail: model },
    keys.length > 0 || base !== ''
      ? {
          what: 'provider keys',
          state: 'ok',
          detail: `${keys.join(', ') || 'none'}${base} (in this shell; a worker has its own)`,
        }
      : {
          what: 'provider keys',
          state: 'warning',
          detail: 'none in this shell',
          fix: 'set for example OPENAI_API_KEY where the worker runs',
        },
    {
      what: 'offline models',
      state: 'ok',
      detail: 'offline/reviewer, offline/migrator, offline/rlm and offline/echo: rule programs, free, no key',
    },
  ];
}

function line({ what, state, detail, fix }: Finding): string {
  const mark = { ok: styleText('green', '✓'), warning: styleText('yellow', '!'), missing: styleText('red', '✗') }[
    state
  ];
  const next = fix === undefined ? '' : `\n  ${' '.repeat(18)}→ ${safeText(fix)}`;
  return `${mark} ${what.padEnd(18)}${safeText(detail)}${next}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
