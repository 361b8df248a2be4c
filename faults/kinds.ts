/** What is done to a run, and what each kind of fault means. The order is that of the table. */
export const FAULT_KINDS = {
  'worker killed': 'SIGKILL of the only worker, or of one of two; another one starts at once',
  'one of two killed': 'two workers share the run; one of them is killed by SIGKILL, and nobody takes its place',
  'worker frozen':
    'SIGSTOP of a worker, for longer than the heartbeat timeout, then SIGCONT; every other time a second worker is there',
  'server killed': 'SIGKILL of the Temporal server; it starts again on its database and port, up to 1.5 s later',
  'provider: 429': 'it answers 429 with `Retry-After: 1`',
  'provider: 500': 'it answers 500',
  'provider: cut stream': 'it closes the connection in the middle of its answer, or ends it without a finish',
  'provider: garbage': 'it answers 200 with HTML, or with a stream that is no JSON',
  'provider: hang': 'it says nothing: no headers, no first token, or no token after some',
  'torn record':
    'records of finished calls are cut or filled with zeros while their worker is dead; only of calls whose results the server has',
  'torn heap': 'heap snapshots of REPL sessions are cut or filled with zeros while their worker is dead',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export const ALL_KINDS = Object.keys(FAULT_KINDS) as FaultKind[];

export const STORMS = [
  'provider: 429',
  'provider: 500',
  'provider: cut stream',
  'provider: garbage',
  'provider: hang',
] as const satisfies readonly FaultKind[];

export type StormKind = (typeof STORMS)[number];

export function isStorm(kind: FaultKind): kind is StormKind {
  return STORMS.some((storm) => storm === kind);
}
