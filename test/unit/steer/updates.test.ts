import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { RunHandle } from '../../../client/run-handle.ts';
import { refusalOf, sendUpdate } from '../../../client/updates.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import { refusal } from '../input/kit.ts';
import { gateView } from './gate.ts';

const failed = (cause: Error) => new WorkflowUpdateFailedError('update failed', cause);

describe('why an update was refused', () => {
  it.each([
    'BRAID_GATE_CLOSED',
    'BRAID_GATE_UNKNOWN',
    'BRAID_ANSWER_STALE',
    'BRAID_ANSWER_INVALID',
    'BRAID_CALL_NOT_OPEN',
  ])('%s keeps code, message and fix', (type) => {
    const cause = ApplicationFailure.create({ type, message: 'because', details: [{ fix: 'do this' }] });
    expect(refusalOf(failed(cause), 'r-1')).toMatchObject({ code: type, message: 'because', fix: 'do this' });
  });

  it('has the fix of its code without one of its own', () => {
    const error = refusalOf(failed(ApplicationFailure.create({ type: 'BRAID_GATE_CLOSED', message: 'm' })), 'r-1');
    expect(isBraidError(error, 'BRAID_GATE_CLOSED') && error.fix).toMatch(/braid show/);
  });

  it('is the end of the run when that is over', () => {
    const error = refusalOf(new WorkflowNotFoundError('completed', 'r-1/rlm:1', undefined), 'r-1/rlm:1');
    expect(error).toMatchObject({ code: 'BRAID_RUN_ENDED', message: expect.stringContaining('r-1/rlm:1') });
  });

  it('is passed on when it is no word of ours', () => {
    const unknown = failed(ApplicationFailure.create({ type: 'Boom', message: 'm' }));
    expect(refusalOf(unknown, 'r-1')).toBe(unknown);
    const cancelled = failed(new CancelledFailure('c'));
    expect(refusalOf(cancelled, 'r-1')).toBe(cancelled);
  });
});

/** A client that notes what it was asked to send. */
function noting(sent: unknown[]): Client {
  const getHandle = (workflowId: string) => ({
    executeUpdate: (name: string, { args }: { args: unknown[] }) => {
      sent.push([workflowId, name, args[0]]);
      return Promise.resolve(null);
    },
  });
  const withAbortSignal = (_signal: AbortSignal, work: () => Promise<unknown>) => work();
  return { workflow: { getHandle }, withAbortSignal } as unknown as Client;
}

describe('sending', () => {
  it('A1: an answer goes to the node of the gate with the digest of what was shown', async () => {
    const sent: unknown[] = [];
    const gate = gateView('rlm:1/ask:1', { node: 'r-1/rlm:1', digest: 'shown' });
    await new RunHandle(noting(sent), 'r-1').answer(gate, 'fine', { by: 'Ada' });
    expect(sent).toEqual([['r-1/rlm:1', 'answer', { gate: 'rlm:1/ask:1', digest: 'shown', value: 'fine', by: 'Ada' }]]);
  });

  it('tells a refusal', async () => {
    const client = {
      workflow: {
        getHandle: () => ({ executeUpdate: () => Promise.reject(new WorkflowNotFoundError('m', 'r-1', undefined)) }),
      },
      withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    } as unknown as Client;
    const steer = { name: 'steer', body: { address: 'agent:1', action: 'skip' } } as const;
    expect((await refusal(() => sendUpdate(client, 'r-1', steer))).code).toBe('BRAID_RUN_ENDED');
  });
});
