/** Strikes: each kind of fault, done to a world in the middle of a run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SHORTER } from './bundle.ts';
import type { Excuse } from './judge.ts';
import { isStorm, type FaultKind, type StormKind } from './kinds.ts';
import { insist, until } from './patience.ts';
import type { PlannedFault } from './plan.ts';
import type { Ask } from './provider.ts';
import { keptAnswers, reportedAnswers } from './records.ts';
import { diceOf, type Dice } from './seeded.ts';
import { tearHeaps, tearRecords } from './torn.ts';
import type { World } from './world.ts';

/** A fault that happened. */
export interface Strike {
  kind: FaultKind;
  /** When it began, in ms since 1970. */
  at: number;
  /** What it did, for people. */
  what: string;
  excuses: Excuse[];
  /** Asked at the end of the run: false when it hit nothing after all. */
  counts: () => boolean;
}

export interface Scene {
  world: World;
  run: string;
  over: () => boolean;
}

/** Strikes, with as many workers there as the plan wants. */
export async function strike(scene: Scene, { kind, workers, dice: name }: PlannedFault): Promise<Strike> {
  const dice = diceOf(name);
  if (workers === 2) await startBoth(scene.world);
  return isStorm(kind) ? brewStorm(scene, kind, dice) : STRIKES[kind](scene, dice);
}

const STRIKES: Record<Exclude<FaultKind, StormKind>, (scene: Scene, dice: Dice) => Promise<Strike>> = {
  'worker killed': (scene, dice) => killWorker(scene, 'worker killed', dice, () => Promise.resolve('')),
  'one of two killed': killOneOfTwo,
  'worker frozen': freezeWorker,
  'server killed': killServer,
  'torn record': (scene, dice) =>
    killWorker(scene, 'torn record', dice, async ({ world, run }) => {
      const reported = await insist(() => reportedAnswers(world.client, world.store, run), 60_000);
      const torn = tearRecords(world.store, reported, dice);
      return torn === 0 ? null : `, ${torn} records torn`;
    }),
  'torn heap': (scene, dice) =>
    killWorker(scene, 'torn heap', dice, ({ world }) => {
      const torn = tearHeaps(world.store, dice);
      return Promise.resolve(torn === 0 ? null : `, ${torn} heaps torn`);
    }),
};

/** An answer that came whole is in the store within this time, in ms; after it, asking again is not excused. */
const KEPT_WITHIN_MS = 2_000;
/** What a killed process had sent is read by the provider within this. */
const ARRIVES_MS = 50;

/** `meanwhile` works on the store while no worker of that slot lives; null: there was nothing for it, and it was a mere kill. */
async function killWorker(
  { world, ...scene }: Scene,
  kind: FaultKind,
  dice: Dice,
  meanwhile: (scene: Scene) => Promise<string | null>,
): Promise<Strike> {
  const at = Date.now();
  const slot = dice.pick(world.living());
  await world.killWorker(slot);
  const excuses = await excusesAfterKill(world, slot, at);
  const done = await meanwhile({ world, ...scene });
  await world.startWorker(slot);
  const named = done === null ? 'worker killed' : kind;
  const also = done ?? '';
  return struck(
    named,
    at,
    `worker ${slot} killed${also}`,
    excuses.map((key) => ({ key, kind: named })),
  );
}

async function killOneOfTwo({ world, over }: Scene, dice: Dice): Promise<Strike> {
  const isLate = over();
  const at = Date.now();
  const slot = dice.pick(world.living());
  await world.killWorker(slot);
  const keys = await excusesAfterKill(world, slot, at);
  const kind = 'one of two killed';
  const what = `worker ${slot} of two killed`;
  return { kind, at, what, excuses: keys.map((key) => ({ key, kind })), counts: () => !isLate };
}

/** Long enough for the server to give its calls to others; its first second after that belongs to the fault. */
async function freezeWorker({ world, over }: Scene, dice: Dice): Promise<Strike> {
  const isPair = world.living().length === 2;
  const isLate = over();
  const slot = dice.pick(world.living());
  const worker = world.worker(slot);
  const at = Date.now();
  worker.freeze();
  const before = underWay(world, [slot], at);
  const frozenMs = SHORTER.heartbeatMs + dice.between(1_000, 3_000);
  await until(() => false, { ms: frozenMs, over: isPair ? over : () => false, everyMs: 50 });
  worker.thaw();
  await sleep(1_000);
  const kind = 'worker frozen';
  const keys = [...before, ...beganBetween(world, [slot], at, Date.now())];
  const what = `worker ${slot}${isPair ? ' of two' : ''} frozen for ${Date.now() - at - 1_000} ms`;
  return { kind, at, what, excuses: keys.map((key) => ({ key, kind })), counts: () => !isLate };
}

async function killServer({ world }: Scene, dice: Dice): Promise<Strike> {
  const at = Date.now();
  const slots = world.living();
  const before = underWay(world, slots, at);
  const pauseMs = dice.between(0, 1_500);
  await world.restartServer(pauseMs);
  const kind = 'server killed';
  const keys = [...before, ...beganBetween(world, slots, at, Date.now())];
  return struck(
    kind,
    at,
    `server killed, away for ${Date.now() - at} ms`,
    keys.map((key) => ({ key, kind })),
  );
}

/** It goes on while the next fault comes. What it fails is marked by the provider. */
function brewStorm({ world }: Scene, kind: StormKind, dice: Dice): Promise<Strike> {
  const at = Date.now();
  const ms = dice.between(400, 2_000);
  const storm = { kind, share: dice.between(4, 9) / 10, untilMs: at + ms, hits: 0 };
  world.provider.storm(storm);
  return Promise.resolve({ kind, at, what: `${kind} for ${ms} ms`, excuses: [], counts: () => storm.hits > 0 });
}

async function startBoth(world: World): Promise<void> {
  for (const slot of [0, 1]) if (!world.living().includes(slot)) await world.startWorker(slot);
}

async function excusesAfterKill(world: World, slot: number, at: number): Promise<string[]> {
  await sleep(ARRIVES_MS);
  return [...underWay(world, [slot], at), ...beganBetween(world, [slot], at, Date.now())];
}

/** Keys of what these workers had asked by `at` and had no answer to in the store yet. */
function underWay(world: World, slots: readonly number[], at: number): string[] {
  const kept = keptAnswers(world.store);
  const isOpen = ({ id, failed, request: { endedAt } }: Ask): boolean =>
    failed === null && !kept.has(id) && (endedAt === null || endedAt > at - KEPT_WITHIN_MS);
  return world.provider.asks
    .filter((ask) => slots.includes(ask.slot) && ask.request.at <= at && isOpen(ask))
    .map(({ key }) => key);
}

function beganBetween(world: World, slots: readonly number[], from: number, to: number): string[] {
  return world.provider.asks
    .filter(({ slot, failed, request: { at } }) => slots.includes(slot) && failed === null && at > from && at <= to)
    .map(({ key }) => key);
}

function struck(kind: FaultKind, at: number, what: string, excuses: Excuse[]): Strike {
  return { kind, at, what, excuses, counts: () => true };
}
