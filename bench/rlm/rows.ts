/** Measurements → rows of the tables. */
import { median, ratioOf } from '../stats.ts';
import type { Sides } from './bench.ts';

export interface Row {
  name: string;
  /** What it is compared with, in the same run; empty when there is nothing. */
  floor: string;
  braid: string;
  over: string;
  target: string;
  /** Null when there is no target. */
  met: boolean | null;
}

export interface Target {
  text: string;
  /** What is held against {@link most}. */
  value: number;
  most: number;
}

/** Wall times. `over` is what stands beside the ratio. */
export function timeRow(name: string, { floor, braid }: Sides, over: string, target: Target | null): Row {
  const ratio = ratioOf(braid, floor);
  return {
    name,
    floor: ms(median(floor)),
    braid: ms(median(braid)),
    over: `${times(ratio.median)} (${times(ratio.least)}–${times(ratio.most)})${over === '' ? '' : `, ${over}`}`,
    ...judged(target),
  };
}

/** Values that have no ratio worth telling. */
export function valueRow(
  name: string,
  shown: { floor?: string; braid: string; over?: string },
  target: Target | null,
): Row {
  return { name, floor: shown.floor ?? '', braid: shown.braid, over: shown.over ?? '', ...judged(target) };
}

export function ms(value: number): string {
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${Math.abs(value) < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${ms(Math.abs(value))}`;
}

export function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function judged(target: Target | null): Pick<Row, 'target' | 'met'> {
  return { target: target?.text ?? '', met: target === null ? null : target.value <= target.most };
}

function times(ratio: number): string {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}×`;
}
