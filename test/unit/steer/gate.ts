import type { GateView } from '../../../protocol/view.ts';

/** An open gate. */
export function gateView(gate: string, more: Partial<GateView> = {}): GateView {
  return {
    ...{ gate, node: 'r-1', kind: 'ask', question: `What about ${gate}?`, details: null, schema: null, digest: 'd1' },
    ...{ expiresAt: null, state: 'open', value: null, by: null, openedAt: 1, closedAt: null },
    ...more,
  };
}
