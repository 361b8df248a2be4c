import { describe, expect, test, vi } from 'vitest';
import { untilEnded } from '../../../histories/ended.ts';
import { fakeClient, type Answer } from './fake-server.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

const END: Answer = { ids: [9] };
const SILENCE: Answer = { ids: [], token: 'a' };

async function questionsOf(answers: Answer[]) {
  const { client, asked } = fakeClient(answers);
  await untilEnded(client, 'run-1');
  return asked;
}

describe('untilEnded', () => {
  test('asks for the last event alone, through long polls without news', async () => {
    const questions = await questionsOf([SILENCE, { ids: [], token: 'b' }, END]);
    expect(questions.map(({ token }) => token)).toEqual([null, 'a', 'b']);
    expect(questions.every(({ endOnly }) => endOnly)).toBe(true);
  });

  test('goes on in the run that continues the execution', async () => {
    const questions = await questionsOf([SILENCE, { ids: [4], renewAs: 'second' }, END]);
    expect(questions.map(({ runId, token }) => [runId, token])).toEqual([
      ['', null],
      ['', 'a'],
      ['second', null],
    ]);
  });

  test('waits for a lost server, and puts the question anew when its page token is not known', async () => {
    const questions = await questionsOf([SILENCE, { code: 14 }, { ids: [], token: 'old' }, { code: 3 }, END]);
    expect(questions.map(({ token }) => token)).toEqual([null, 'a', null, 'old', null]);
  });

  test('an unknown run is an error', async () => {
    await expect(questionsOf([{ code: 5, details: 'workflow not found' }])).rejects.toMatchObject({
      code: 'BRAID_RUN_UNKNOWN',
    });
  });

  test('ends quietly with its signal, also in the middle of a question', async () => {
    const { client } = fakeClient([]);
    await expect(untilEnded(client, 'run-1', AbortSignal.abort())).resolves.toBeUndefined();
    const leaving = new AbortController();
    const cut = fakeClient([]);
    const getWorkflowExecutionHistory = () => {
      leaving.abort();
      return Promise.reject(new Error('cancelled'));
    };
    Object.assign(cut.client.workflowService, { getWorkflowExecutionHistory });
    await expect(untilEnded(cut.client, 'run-1', leaving.signal)).resolves.toBeUndefined();
  });
});
