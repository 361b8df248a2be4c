import { describe, expect, it } from 'vitest';
import { assertSameWork } from '../../../bench/same-work.ts';
import type { History } from '../../../bench/world.ts';

const text = (value: string) => new TextEncoder().encode(value);

function scheduled(address: string, prompt: string, seconds = 60): NonNullable<History['events']>[number] {
  const input = { payloads: [{ data: text(`{"address":"${address}"}`) }, { data: text(`{"prompt":"${prompt}"}`) }] };
  return {
    userMetadata: { summary: { data: text(prompt) } },
    activityTaskScheduledEventAttributes: {
      activityType: { name: 'model' },
      input,
      startToCloseTimeout: { nanos: seconds },
    },
  };
}

describe('the check that both sides of a bench do the same work', () => {
  it('accepts the same activities in another order under other addresses', () => {
    const bare = { events: [scheduled('agent:1', 'a'), scheduled('agent:2', 'b')] };
    const script = { events: [{}, scheduled('agent:1', 'b'), scheduled('agent:2', 'a')] };
    expect(() => assertSameWork('case', bare, script)).not.toThrow();
  });

  it.each([
    ['another input', [scheduled('agent:1', 'a'), scheduled('agent:2', 'c')]],
    ['another option', [scheduled('agent:1', 'a'), scheduled('agent:2', 'b', 61)]],
    ['one activity less', [scheduled('agent:1', 'a')]],
    ['one activity more', [scheduled('agent:1', 'a'), scheduled('agent:2', 'b'), scheduled('agent:3', 'z')]],
  ])('refuses %s', (_what, events) => {
    const bare = { events: [scheduled('agent:1', 'a'), scheduled('agent:2', 'b')] };
    expect(() => assertSameWork('case', bare, { events })).toThrow(/different work/);
  });
});
