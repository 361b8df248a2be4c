/** Peak memory of other processes, kept by the kernel: no sampling that could miss a peak. Linux only. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Whether peaks can be read and reset here. */
export function canReadPeaks(): boolean {
  try {
    resetPeak(process.pid);
    return peakOf(process.pid) > 0;
  } catch {
    return false;
  }
}

/** From now on the peak counts anew. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Largest resident size since the start, or since {@link resetPeak}, in bytes. */
export function peakOf(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (match === null) throw new Error(`the peak memory of process ${pid} cannot be read`);
  return Number(match[1]) * 1024;
}
