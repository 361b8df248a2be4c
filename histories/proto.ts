/** Numbers of protobuf messages. 64-bit fields come as Long objects, whose text JavaScript can read. */
interface Stamp {
  seconds?: unknown;
  nanos?: number | null;
}

export function idOf(id: unknown): number {
  return id === null || id === undefined ? 0 : Number(id);
}

/** Ms since 1970; 0 when there is none. */
export function msOfTime(time: Stamp | null | undefined): number {
  return msOfDuration(time);
}

export function msOfDuration(duration: Stamp | null | undefined): number {
  if (duration === null || duration === undefined) return 0;
  return idOf(duration.seconds) * 1000 + Math.floor((duration.nanos ?? 0) / 1e6);
}
