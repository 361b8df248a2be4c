/**
 * Names that stand in histories and on servers. A history is replayed for ever: never rename one of these,
 * add a new one beside it.
 */
export const NAMESPACE_RETENTION_DAYS = 30;

export const WORKFLOWS = {
  script: 'script',
  agent: 'agent',
  delegate: 'delegate',
  rlm: 'rlm',
  batch: 'batch',
  item: 'item',
} as const;

/** Questions to a node that are answered: an answer to a gate, and steering of one call. */
export const UPDATES = { answer: 'answer', steer: 'steer' } as const;

/** What a node tells when it is asked; nothing of it is in its history. */
export const QUERIES = { changes: 'changes' } as const;

export const SIGNALS = {
  pause: 'pause',
  resume: 'resume',
  limits: 'limits',
  lease: 'lease',
  grant: 'grant',
  stop: 'stop',
} as const;

/** Search attributes, registered by `server/` on every server we start. All are keywords. */
export const SEARCH_ATTRIBUTES = { state: 'BraidState', script: 'BraidScript', kind: 'BraidKind' } as const;

/** Only workers that see a run's blobs may take it, so the queue carries the store's id (design §10). */
export function taskQueueOf(storeId: string): string {
  return `braid-${storeId}`;
}

/** Reaches one process among those of a task queue: turns of a REPL session go where the session lives (design §4.2). */
export function replQueueOf(taskQueue: string, processName: string): string {
  return `${taskQueue}-repl-${processName}`;
}

/** `phase › label`, the text that Temporal's UI and Braid's views show for a call. */
export function summaryOf(phase: string | null, label: string): string {
  // Text of scripts: no control characters, and one line.
  const text = (phase === null ? label : `${phase} › ${label}`).replace(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g,
    ' ',
  );
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
