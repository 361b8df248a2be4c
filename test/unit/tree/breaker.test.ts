/** Q1 to Q3 of workflows/tree/breaker.ts, in virtual time: what a run without credit does by itself. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FLOW } from '../../../protocol/limits.ts';
import { Breaker, type Release } from '../../../workflows/tree/breaker.ts';
import { Parking } from '../../../workflows/tree/parking.ts';

/** The workflow's `condition`: looked at again after all that happens, given up when its time has come. */
const conditions = vi.hoisted(() => new Set<{ met: () => boolean; until: number; resolve: (met: boolean) => void }>());
const clock = vi.hoisted(() => ({ now: 0 }));
vi.mock('@temporalio/workflow', () => ({
  workflowInfo: () => ({ workflowId: 'run-1/agent:2' }),
  condition: (met: () => boolean, ms = Number.POSITIVE_INFINITY) =>
    new Promise<boolean>((resolve) => void conditions.add({ met, until: clock.now + ms, resolve })),
}));

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
    for (const waiting of conditions) {
      const met = waiting.met();
      if (!met && clock.now < waiting.until) continue;
      conditions.delete(waiting);
      waiting.resolve(met);
    }
  }
}

async function pass(ms: number): Promise<void> {
  clock.now += ms;
  await settle();
}

/** A root with calls of its own, and a child that it reaches by messages. */
function tree() {
  const said: string[] = [];
  const root = new Breaker();
  const child = new Breaker();
  const state = { paused: false };
  const pause = (): void => {
    state.paused = true;
    said.push('pause');
  };
  const resume = (): void => {
    state.paused = false;
    said.push('resume');
    root.resumed();
    child.resumed();
  };
  const parking = new Parking({
    get paused() {
      return state.paused;
    },
    announce: (text) => said.push(text),
    pauseAll: pause,
    resumeAll: resume,
    probe: () => root.probe(),
  });
  root.above = parking;
  child.above = {
    gone: (message) => root.childGone('child', message, () => child.probe()),
    back: () => root.childBack('child'),
  };
  return { root, child, parking, said, state, pause, resume };
}

function releases(...waiting: Promise<Release>[]): (Release | null)[] {
  const seen: (Release | null)[] = waiting.map(() => null);
  waiting.forEach((promise, index) => void promise.then((release) => (seen[index] = release)));
  return seen;
}

beforeEach(() => {
  conditions.clear();
  clock.now = 0;
});

describe('a run without credit', () => {
  it('Q2: is parked once, and says how to go on', async () => {
    const { root, child, said } = tree();
    releases(root.wait('no credit'), root.wait('no credit'), child.wait('none here either'));
    await settle();
    expect(said).toEqual(['paused: quota: no credit; add credit, then: braid resume run-1', 'pause']);
  });

  it('Q1: all calls ask again when a person resumes it', async () => {
    const { root, child, parking, resume } = tree();
    const seen = releases(root.wait('x'), root.wait('x'), child.wait('x'));
    await settle();
    parking.release();
    resume();
    await settle();
    expect(seen).toEqual(['resumed', 'resumed', 'resumed']);
    expect(root.probe()).toBe(false);
  });

  it('Q3: one call asks every now and then; its answer resumes the others', async () => {
    const { root, child, said } = tree();
    const seen = releases(root.wait('x'), root.wait('x'), child.wait('x'));
    await settle();
    await pass(FLOW.quotaProbeMs - 1);
    expect(seen).toEqual([null, null, null]);
    await pass(1);
    expect(seen).toEqual(['probe', null, null]);
    root.back();
    await settle();
    expect(seen).toEqual(['probe', 'resumed', 'resumed']);
    expect(said.slice(1)).toEqual(['pause', 'resume']);
    await pass(10 * FLOW.quotaProbeMs);
    expect(conditions.size).toBe(0);
  });

  it('Q3: the same of a call below', async () => {
    const { child, said } = tree();
    const seen = releases(child.wait('x'), child.wait('x'));
    await settle();
    await pass(FLOW.quotaProbeMs);
    expect(seen).toEqual(['probe', null]);
    // Refused again: it waits again, and the next turn comes.
    const again = releases(child.wait('x'));
    await settle();
    await pass(FLOW.quotaProbeMs);
    expect([...seen, ...again]).toEqual(['probe', 'probe', null]);
    child.back();
    await settle();
    expect(again).toEqual(['resumed']);
    expect(said.slice(1)).toEqual(['pause', 'resume']);
  });

  it('Q3: an answer does not resume what a person paused', async () => {
    const { root, parking, said, pause } = tree();
    releases(root.wait('x'));
    await settle();
    parking.hold();
    pause();
    await pass(FLOW.quotaProbeMs);
    root.back();
    await settle();
    expect(said).not.toContain('resume');
  });

  it('is resumed when nobody is left who could ask', async () => {
    const { root, child, said } = tree();
    releases(child.wait('x'));
    await settle();
    root.childEnded('child');
    await pass(FLOW.quotaProbeMs);
    expect(said.slice(1)).toEqual(['pause', 'resume']);
  });

  it('is parked again when it has none again', async () => {
    const { root, parking, said, resume } = tree();
    releases(root.wait('x'));
    await settle();
    parking.release();
    resume();
    await settle();
    releases(root.wait('y'));
    await settle();
    expect(said.filter((line) => line.startsWith('paused'))).toHaveLength(2);
  });
});
