/** A ratio means something only if both sides asked the server for the same: checked on their histories, not believed. */
import type { History } from './world.ts';

/**
 * Throws when the activities of two histories differ in type, input, options or number. Their order, and the addresses that
 * follow from it, depend on which call ends first.
 */
export function assertSameWork(name: string, bare: History, script: History): void {
  const one = scheduled(bare);
  const other = scheduled(script);
  const at = one.findIndex((line, index) => line !== other[index]);
  if (at < 0 && one.length === other.length) return;
  throw new Error(
    `${name}: the two sides do different work.\nbare   (${one.length}): ${one[at]}\nscript (${other.length}): ${other[at]}`,
  );
}

function scheduled(history: History): string[] {
  const lines: string[] = [];
  for (const event of history.events ?? []) {
    const attributes = event.activityTaskScheduledEventAttributes;
    if (!attributes) continue;
    const { activityType, input, retryPolicy, heartbeatTimeout, startToCloseTimeout, scheduleToCloseTimeout } =
      attributes;
    lines.push(
      JSON.stringify({
        type: activityType?.name,
        input: (input?.payloads ?? []).map((payload) => comparable(textOf(payload.data))),
        summary: textOf(event.userMetadata?.summary?.data),
        timeouts: [heartbeatTimeout, startToCloseTimeout, scheduleToCloseTimeout],
        retryPolicy,
      }),
    );
  }
  return lines.toSorted();
}

/** Bare work has no name across runs: that is what the journal costs, and it is to be seen in the ratio. */
function comparable(input: string): string {
  return input.replace(/"address":"[^"]*"/, '"address":""').replace(/"key":\{[^}]*\},?/, '');
}

function textOf(data: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(data ?? new Uint8Array());
}
