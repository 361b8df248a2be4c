/** How a provider fails, in each of the ways that real ones do. */
import type { Reply } from '../testing/provider/index.ts';
import type { StormKind } from './kinds.ts';
import type { Dice } from './seeded.ts';

export function failureOf(kind: StormKind, dice: Dice): Exclude<Reply, string> {
  switch (kind) {
    case 'provider: 429':
      return { status: 429, headers: { 'retry-after': '1' }, body: { error: { message: 'Slow down, please.' } } };
    case 'provider: 500':
      return { status: dice.pick([500, 502, 503]), body: { error: { message: 'Something broke.' } } };
    case 'provider: cut stream':
      return { halfStream: 'This answer never', how: dice.pick(['cut', 'end'] as const) };
    case 'provider: garbage':
      return dice.pick([
        { garbage: '<html><body>Bad gateway</body></html>', type: 'text/html' },
        { garbage: 'data: {"choices": [{"delta": \n\n' },
      ]);
    case 'provider: hang':
      return { hang: dice.pick(['headers', 'stream', 'middle'] as const), text: 'This answer never' };
  }
}
