/** rlm.md, "Durability": RL-61 to RL-64, with workers that are processes of their own and die by SIGKILL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RlmResult } from '../../../protocol/rlm.ts';
import { lastOf, promptOf } from '../../../testing/provider/index.ts';
import { resultOf } from '../../kit/harness.ts';
import { playingNodes, turnOf } from '../../kit/play-nodes.ts';
import { cell, isTurn, playing } from '../../kit/play.ts';
import { useKillWorld } from '../../kit/worker-process.ts';

const world = useKillWorld();

/** Waits until an activity of this id is at work. */
async function atWork(workflowId: string, activityId: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { raw } = await world.client.workflow.getHandle(workflowId).describe();
        return raw.pendingActivities?.some((pending) => pending.activityId === activityId && pending.state === 2);
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBe(true);
}

describe('RL-61 a restored session', () => {
  it('has closures, generators, Maps, private fields, prototypes, pending calls and the same random numbers', async () => {
    const make = `
      const tally = (() => { let n = 10; return { add: (by) => (n += by), get n() { return n } } })()
      function* walk() { try { yield 'one'; yield 'two'; yield 'three' } finally { tally.add(1000) } }
      const steps = walk(); steps.next()
      const map = new Map([[tally, 'tally'], ['k', new Set([1, 2])]]); const weak = new WeakMap([[tally, 'weak']])
      class Base { #hidden = 1; up() { return ++this.#hidden } } class Child extends Base { up() { return super.up() * 10 } }
      const child = new Child(); child.up()
      const typed = new Float64Array([0.1, 0.2]); const big = 2n ** 70n; const when = new Date(0); const re = /a(b)/y; re.lastIndex = 3
      const frozen = Object.freeze({a: [1]}); const sym = Symbol('s'); const bound = tally.add.bind(null, 5)
      var cyclic = {}; cyclic.self = cyclic; const rolled = [Math.random(), Math.random()]
      const lazy = Promise.resolve('kept'); const part = context.slice(100, 90000)`;
    const use = `
      bound(); const two = steps.next().value; steps.return()
      FINAL({n: tally.n, two, map: map.get(tally), set: [...map.get('k')], weak: weak.get(tally), child: child.up(), typed: [...typed],
        big: String(big), when: when.toISOString(), last: re.lastIndex, frozen: Object.isFrozen(frozen), sym: sym.description,
        cyclic: cyclic.self === cyclic, rolled, next: Math.random(), lazy: await lazy, part: part.length, answer, inFlight: await inFlight})`;
    const results: unknown[] = [];
    for (const kills of [0, 3]) {
      let asked = (): void => undefined;
      const inFlight = new Promise<void>((resolve) => (asked = resolve));
      let worker = await world.startWorker();
      const kill = async (): Promise<void> => {
        await worker.kill();
        worker = await world.startWorker();
      };
      const handle = await world.startRlm('q', {
        context: 'long enough to be a reference\n'.repeat(5_000),
        provider: playing(
          cell(make),
          {
            text: cell(
              "const answer = await llm_query('while it waits'); const inFlight = llm_query('second'); tally.add(1)",
            ),
            delayMs: kills === 0 ? 0 : 1_500,
          },
          { text: cell(use), delayMs: kills === 0 ? 0 : 1_500 },
          (request) => {
            if (promptOf(request) === 'while it waits') asked();
            return { text: `<${promptOf(request)}>`, delayMs: kills === 0 ? 0 : 800 };
          },
        ),
      });
      if (kills > 0) {
        await atWork(handle.workflowId, 'root#2');
        await kill();
        await inFlight;
        await kill();
        await atWork(handle.workflowId, 'root#3');
        await kill();
      }
      const { value, partial } = await resultOf<RlmResult>(handle);
      expect(partial).toBeNull();
      results.push(value);
      await worker.kill();
    }
    expect(results[0]).toMatchObject({
      ...{
        n: 1_016,
        two: 'two',
        map: 'tally',
        set: [1, 2],
        weak: 'weak',
        child: 30,
        typed: [0.1, 0.2],
        big: '1180591620717411303424',
      },
      ...{
        last: 3,
        frozen: true,
        sym: 's',
        cyclic: true,
        lazy: 'kept',
        part: 89_900,
        answer: '<while it waits>',
        inFlight: '<second>',
      },
    });
    expect(results[1]).toEqual(results[0]);
  });
});

describe('RL-62 time', () => {
  it('a slow model times no cell out; a cell that never ends meets its gas, and what was before it stays', async () => {
    await world.startWorker();
    const before = world.provider.requests.length;
    const handle = await world.startRlm('q', {
      provider: playing(
        cell("const kept = new Map([['slow', await llm_query('slow')]])"),
        cell("kept.set('lost', 1); while (true) kept.set('lost', kept.get('lost') + 1)"),
        cell('FINAL([...kept])'),
        { text: 'unused' },
        () => ({ text: 'at last', delayMs: 12_000 }),
      ),
    });
    const result = await resultOf<RlmResult>(handle);
    expect(result).toMatchObject({ value: [['slow', 'at last']], status: 'completed', iterations: 3 });
    expect(lastOf(world.provider.requests[before + 3]!)).toMatch(/computed for 2,000,000,000 steps/);
  }, 120_000);
});

describe('RL-63 cancelling the root', () => {
  it('cancels every activity and child, three levels down', async () => {
    await world.startWorker();
    const before = world.provider.requests.length;
    const handle = await world.startRlm('root', {
      rlm: { depth: 2 },
      provider: playingNodes(
        {
          root: [
            cell(
              "const all = await Promise.all([rlm_query('kid 1', 'c'), rlm_query('kid 2', 'c'), llm_query('root leaf')])",
            ),
          ],
          kid: [
            cell("const below = await Promise.all([rlm_query('deep', 'c'), llm_query_batched(['leaf a', 'leaf b'])])"),
          ],
          deep: [{ hang: 'headers' }],
        },
        () => ({ hang: 'headers' }),
      ),
    });
    const hung = () =>
      world.provider.requests.slice(before).filter((request) => !isTurn(request) || promptOf(request).includes('deep'));
    await expect.poll(() => hung().length, { timeout: 40_000 }).toBe(7);
    await handle.cancel();
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await expect.poll(() => hung().every(({ closed }) => closed), { timeout: 30_000 }).toBe(true);
    for (const id of ['/rlm:1', '/rlm:2', '/rlm:1/rlm:1', '/rlm:2/rlm:1']) {
      const child = world.client.workflow.getHandle(handle.workflowId + id);
      await expect.poll(async () => (await child.describe()).status.name, { timeout: 20_000 }).toBe('CANCELLED');
    }
    await sleep(500);
    expect(world.provider.requests.length - before).toBe(3 + 7);
  });
});

describe('RL-64 a crash loop', () => {
  it('a cell that takes its worker down twice ends the node with what it has', async () => {
    let worker = await world.startWorker();
    const before = world.provider.requests.length;
    const handle = await world.startRlm('q', {
      provider: (request) => {
        if (lastOf(request).includes('one last cell')) return cell("FINAL_VAR('result')");
        return turnOf(request) === 0
          ? cell("const result = 'what was found before'")
          : cell('for (let i = 0; ; i++) Math.sqrt(i)');
      },
    });
    for (let time = 0; time < 2; time += 1) {
      await atWork(handle.workflowId, time === 0 ? 'root/cell:2' : 'root/cell:2~2');
      await worker.kill();
      worker = await world.startWorker();
    }
    const result = await resultOf<RlmResult>(handle);
    expect(result).toMatchObject({ status: 'stopped', value: 'what was found before' });
    expect(result.partial).toMatch(/took its worker down 2 times/);
    // No bill: one last question, and no further turn.
    expect(world.provider.requests.length - before).toBe(3);
  });
});
