import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import type { GuestMessage } from '../../../protocol/guest.ts';
import { SCRIPT_SANDBOX } from '../../../protocol/limits.ts';
import { cpuClock } from '../../kit/cpu-time.ts';
import { MEMORY_BOMBS, RECURSION } from './hostile/bombs.ts';
import { BORDER } from './hostile/border.ts';
import { CATCHING } from './hostile/catching.ts';
import { ENDLESS } from './hostile/endless.ts';
import type { Row } from './hostile/row.ts';
import { gave, open, play, resultOf } from './kit.ts';

const FAMILIES: [string, Row[]][] = [
  ['endless work', ENDLESS],
  ['memory bombs', MEMORY_BOMBS],
  ['recursion', RECURSION],
  ['catching the uncatchable', CATCHING],
  ['the border', BORDER],
];
/** CPU time of a whole turn's gas, so that a busy machine does not count as a slow script. */
const MAX_MS = 3_000;
/**
 * What meets the gas limit meets it in a fifth of the gas too, and then in a fifth of the time. What meets another limit gets
 * all, so that it has the time to get there.
 */
const shareOf = ({ ends }: Row): number => ('error' in ends && ends.error === 'BRAID_SANDBOX_GAS' ? 1 / 5 : 1);

describe.each(FAMILIES)('%s', (_family, rows) => {
  test.each(rows)('$name', (row) => {
    const { script, ends } = row;
    const world = fingerprint();
    const sandbox = open({ limits: { gasPerTurn: SCRIPT_SANDBOX.gasPerTurn * shareOf(row) } });
    const spent = cpuClock();
    const outcome = outcomeOf(() => sandbox.run(script, 'hostile.js'));
    const ms = spent();

    if ('error' in ends) expect(ends.error).toContain(outcome.code ?? JSON.stringify(outcome.last));
    else if ('value' in ends) expect(outcome.last).toEqual({ type: 'done', value: ends.value });
    else expect(failureText(outcome.last)).toContain(ends.fails);
    expect(sandbox.closed).toBe(true);
    expect(ms).toBeLessThan(MAX_MS * shareOf(row));
    expect(fingerprint()).toEqual(world);
    expect(nextScript()).toEqual([['<a>', '<b>'], 6, 'object']);
  });
});

test('the limit of a turn, as runs have it, ends work in time', () => {
  const spent = cpuClock();
  expect(outcomeOf(() => open().run('for (;;);', 'hostile.js')).code).toBe('BRAID_SANDBOX_GAS');
  expect(spent()).toBeLessThan(MAX_MS);
});

test('the families hold what they promise', () => {
  const names = FAMILIES.flatMap(([family, rows]) => rows.map((row) => `${family}: ${row.name}`));
  expect(names.length).toBeGreaterThan(200);
  expect(new Set(names).size).toBe(names.length);
});

function outcomeOf(work: () => GuestMessage[]): { code?: string; last?: GuestMessage | undefined } {
  try {
    return { last: work().at(-1) };
  } catch (error) {
    if (isBraidError(error)) return { code: error.code };
    throw error;
  }
}

function failureText(last: GuestMessage | undefined): string {
  return last?.type === 'fail' ? `${last.error.code ?? ''} ${last.error.message}` : JSON.stringify(last);
}

/** What a guest would have to change to reach the host: the built-ins' own members, and the globals. */
function fingerprint(): unknown[] {
  const prototypes = [Object, Array, Function, Promise, String, Error, Map, Uint8Array, Date, RegExp].map(
    (f) => f.prototype as object,
  );
  return [
    Object.keys(globalThis),
    Object.getOwnPropertyNames(globalThis).length,
    ...prototypes.map((p) => Reflect.ownKeys(p).length),
    typeof JSON.stringify,
  ];
}

/** A plain script in a fresh sandbox. */
function nextScript(): unknown {
  const source =
    "const r = await parallel([() => agent('a'), () => agent('b')]); return [r, [1, 2, 3].reduce((a, b) => a + b), typeof {}]";
  return resultOf(play(source, (call) => gave(`<${String(call.args[0])}>`)));
}
