/**
 * Histories that are kept and replayed for ever (design §12): a change of workflow code that breaks one needs a version
 * marker. A history lies in `test/histories/<engine>/<name>.json`, with the blobs that its payloads refer to in
 * `test/histories/<engine>/store`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Store } from '../../store/blobs.ts';

/** Stack traces in histories name files of the machine that made them. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = fileURLToPath(new URL('../histories', import.meta.url));

export interface KeptHistory {
  /** First digits of the engine's hash. */
  engine: string;
  /** Workflow id. */
  name: string;
  history: ReturnType<typeof historyFromJSON>;
  /** Home of the store that has its blobs. */
  home: string;
}

export function keptHistories(): KeptHistory[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: engine }) => {
      const folder = path.join(FOLDER, engine);
      const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
      return files.map((file) => ({
        engine,
        name: file.slice(0, -'.json'.length),
        history: historyFromJSON(JSON.parse(readFileSync(path.join(folder, file), 'utf8'))),
        home: path.join(folder, 'store'),
      }));
    });
}

/** Writes the histories of these workflows beside those that are kept already. */
export async function keepHistories(
  client: Client,
  store: Store,
  engine: string,
  workflowIds: string[],
): Promise<void> {
  const folder = path.join(FOLDER, engine);
  mkdirSync(folder, { recursive: true });
  for (const id of workflowIds) {
    const history = await client.workflow.getHandle(id).fetchHistory();
    writeFileSync(
      path.join(folder, `${id.replaceAll('/', '~')}.json`),
      `${historyToJSON(history).replaceAll(ROOT, '')}\n`,
    );
  }
  const blobs = path.join(store.home, 'blobs');
  if (existsSync(blobs)) cpSync(blobs, path.join(folder, 'store', 'blobs'), { recursive: true });
}
