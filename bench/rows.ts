/** Measurements → rows of the table. */
import type { Pair, Sample } from './measure.ts';
import { median, ratioOf } from './stats.ts';

export interface Row {
  name: string;
  bare: string;
  script: string;
  /** Ratio or difference, with its spread. */
  over: string;
  target: string;
  /** Null when there is no target. */
  met: boolean | null;
}

const MIB = 2 ** 20;

/** Wall time as a ratio. */
export function ratioRow(name: string, target: number, { bare, script }: Pair): Row {
  const ratio = ratioOf(script.map(wall), bare.map(wall));
  const cpu = ratioOf(script.map(cpuOf), bare.map(cpuOf));
  return {
    name,
    bare: ms(median(bare.map(wall))),
    script: ms(median(script.map(wall))),
    over: `${ratio.median.toFixed(2)}× (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}), CPU ${cpu.median.toFixed(2)}×`,
    target: `≤ ${target.toFixed(2)}×`,
    met: ratio.median <= target,
  };
}

/** The start of a script: its isolate time is what a replay of it takes over a replay of an empty workflow. */
export function rowsOf(isolate: Pair, run: Pair): Row[] {
  return [
    differenceRow('isolate time of a trivial script', 15, isolate),
    differenceRow('whole run of a trivial script', null, run),
  ];
}

/** CPU time of the worker's process per call. */
export function timeRow(name: string, pair: Pair | undefined, calls: number): Row {
  const per = (samples: Sample[]) => median(samples.map(cpuOf)) / calls;
  const bare = per(pair?.bare ?? []);
  const script = per(pair?.script ?? []);
  return {
    name,
    bare: ms(bare),
    script: ms(script),
    over: `${script < bare ? '' : '+'}${ms(script - bare)}`,
    target: '',
    met: null,
  };
}

/** `targetMib`: what a script may need more than an empty workflow. */
export function sizeRow(name: string, targetMib: number | null, bareBytes: number, scriptBytes: number): Row {
  const more = (scriptBytes - bareBytes) / MIB;
  return {
    name,
    bare: mib(bareBytes / MIB),
    script: mib(scriptBytes / MIB),
    over: `${more < 0 ? '−' : '+'}${mib(Math.abs(more))}`,
    target: targetMib === null ? '' : `≤ +${targetMib} MiB`,
    met: targetMib === null ? null : more <= targetMib,
  };
}

function differenceRow(name: string, targetMs: number | null, { bare, script }: Pair): Row {
  const low = median(bare.map(wall));
  const high = median(script.map(wall));
  return {
    name,
    bare: ms(low),
    script: ms(high),
    over: `+${ms(high - low)}`,
    target: targetMs === null ? '' : `≤ +${targetMs} ms`,
    met: targetMs === null ? null : high - low <= targetMs,
  };
}

function wall(sample: Sample): number {
  return sample.wallMs;
}

function cpuOf(sample: Sample): number {
  return sample.cpuMs;
}

function ms(value: number): string {
  return `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function mib(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} MiB`;
}
