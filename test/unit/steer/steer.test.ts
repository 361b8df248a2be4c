import { describe, expect, it } from 'vitest';
import { openCall, ownerOf } from '../../../client/steer.ts';
import type { CallView } from '../../../protocol/view.ts';
import { refusal } from '../input/kit.ts';
import { callView } from '../render/views.ts';

const call = (address: string, more: Partial<CallView> = {}): CallView =>
  callView(1, 'running', { address, label: address, ...more });

/** root → rlm:1 (child) → llm:1, rlm:2 (child) → llm:1; root → workflow:1 (no history of its own) → agent:1; root → agent:2 (child). */
const tree = {
  run: 'audit-1',
  calls: [
    call('rlm:1', { kind: 'rlm', child: 'audit-1/rlm:1' }),
    call('rlm:1/llm:1', { kind: 'llm', label: 'read' }),
    call('rlm:1/rlm:2', { kind: 'rlm', child: 'audit-1/rlm:1/rlm:2' }),
    call('rlm:1/rlm:2/llm:1', { kind: 'llm', label: 'read' }),
    call('workflow:1', { kind: 'workflow' }),
    call('workflow:1/agent:1', { label: 'check' }),
    call('agent:2', { child: 'audit-1/agent:2' }),
    call('agent:3', { state: 'done', settled: true, label: 'old' }),
    call('rlm:1/tool:1', { kind: 'tool' }),
  ],
};

describe('the execution that owns a call', () => {
  it.each([
    ['agent:2', 'audit-1'],
    ['rlm:1', 'audit-1'],
    ['rlm:1/llm:1', 'audit-1/rlm:1'],
    ['rlm:1/rlm:2', 'audit-1/rlm:1'],
    ['rlm:1/rlm:2/llm:1', 'audit-1/rlm:1/rlm:2'],
    ['workflow:1/agent:1', 'audit-1'],
  ])('%s is owned by %s', (address, owner) => expect(ownerOf(tree, address)).toBe(owner));

  it('of a script that a cell calls is that script when it has a history', () => {
    const calls = [call('rlm:1', { child: 'r/rlm:1' }), call('rlm:1/workflow:1', { child: 'r/rlm:1/workflow:1' })];
    expect(ownerOf({ run: 'r', calls }, 'rlm:1/workflow:1/agent:1')).toBe('r/rlm:1/workflow:1');
  });
});

describe('an open call', () => {
  it('is found by address and by a label that is its own', () => {
    expect(openCall(tree, 'rlm:1/llm:1')).toMatchObject({ owner: 'audit-1/rlm:1', call: { label: 'read' } });
    expect(openCall(tree, 'check')).toMatchObject({ owner: 'audit-1', call: { address: 'workflow:1/agent:1' } });
  });

  it.each([
    ['read', /2 open calls/, /rlm:1\/llm:1, rlm:1\/rlm:2\/llm:1/],
    ['agent:3', /has ended: done/, /Did you mean agent:2/],
    ['old', /no call "old"/, /Open: rlm:1/],
    ['agent:22', /no call/, /Did you mean agent:2\?/],
    ['rlm:1/tool:1', /function of the configuration/, /Open/],
  ])('%s is not', async (name, message, fix) => {
    const error = await refusal(() => openCall(tree, name));
    expect(error.code).toBe('BRAID_CALL_NOT_OPEN');
    expect(error.message).toMatch(message);
    expect(error.fix).toMatch(fix);
  });

  it('says when none is open', async () => {
    const error = await refusal(() => openCall({ run: 'r', calls: [] }, 'agent:1'));
    expect(error.message).toMatch(/No call of r is open/);
  });
});
