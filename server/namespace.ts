import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import { NAMESPACE_RETENTION_DAYS, SEARCH_ATTRIBUTES } from '../protocol/names.ts';

const DAY_SECONDS = 86_400;
/** Values of the server's API: an already existing thing, a missing one, the indexed type of a keyword. */
const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
const KEYWORD = 2;
const RETENTION = msToTs(NAMESPACE_RETENTION_DAYS * DAY_SECONDS * 1000);

/** Makes a namespace of one of our own servers fit: it exists, keeps ended runs for 30 days, and knows our search attributes. */
export async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const days = await retentionDays(connection, namespace);
  if (days === null) await registerNamespace(connection, namespace);
  else if (days < NAMESPACE_RETENTION_DAYS) await raiseRetention(connection, namespace);
  await ensureSearchAttributes(connection, namespace);
}

/** Days that ended runs are kept; null when the namespace does not exist. `doctor` warns below 7. */
export async function retentionDays(connection: Connection, namespace: string): Promise<number | null> {
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const seconds = config?.workflowExecutionRetentionTtl?.seconds;
    return seconds === undefined || seconds === null ? 0 : Number(seconds) / DAY_SECONDS;
  } catch (error) {
    if (grpcCode(error) === NOT_FOUND) return null;
    throw error;
  }
}

/**
 * Registers those of Braid's search attributes that are missing and returns their names. Servers that let only an operator do it
 * give BRAID_CONFIG with the command to type.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => customAttributes[name] === undefined);
    if (missing.length === 0) return [];
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return missing;
  } catch (error) {
    if (grpcCode(error) === ALREADY_EXISTS) return [];
    const names = Object.values(SEARCH_ATTRIBUTES);
    throw new BraidError(
      'BRAID_CONFIG',
      `The search attributes of Braid cannot be registered in "${namespace}": ${String(error)}`,
      {
        fix: `Have an operator type: temporal operator search-attribute create --namespace ${namespace} ${names.map((name) => `--name ${name} --type Keyword`).join(' ')}`,
        cause: error,
      },
    );
  }
}

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService
    .registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION })
    .catch((error: unknown) => {
      if (grpcCode(error) !== ALREADY_EXISTS) throw error;
    });
  await untilKnown(connection, namespace);
}

/** The parts of a server learn of a new namespace one after the other, when each reads the list again. */
async function untilKnown(connection: Connection, namespace: string): Promise<void> {
  const deadline = Date.now() + SERVER.startMs;
  for (;;) {
    try {
      await connection.operatorService.listSearchAttributes({ namespace });
      return;
    } catch (error) {
      if (grpcCode(error) !== NOT_FOUND || Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

async function raiseRetention(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: RETENTION } });
}

function grpcCode(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}
