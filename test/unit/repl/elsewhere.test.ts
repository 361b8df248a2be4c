import { expect, test } from 'vitest';
import { takeStep } from '../../../activities/repl/step.ts';
import { cell, fakeWorker, newStore, Node } from './kit.ts';

const NEVER = new AbortController().signal;

test('a turn of a session that another worker holds is not taken: it is told to go on', async () => {
  const w = fakeWorker(newStore());
  const node = new Node();
  const request = { ...node.request(cell('a=1')), holder: 'other' };
  expect(await takeStep({ sessions: w, queue: 'own', near: true }, request, NEVER)).toEqual({ kind: 'elsewhere' });
  expect(w.count).toBe(0);
  const mine = { ...request, holder: 'own' };
  expect(await takeStep({ sessions: w, queue: 'own', near: true }, mine, NEVER)).toMatchObject({
    kind: 'ran',
    queue: 'own',
    near: true,
  });
  await w.end();
});

test('a worker that takes nothing along does not ask for turns over the queue of all', async () => {
  const w = fakeWorker(newStore());
  const request = new Node().request(cell('a=1'));
  expect(await takeStep({ sessions: w, queue: 'own', near: false }, request, NEVER)).not.toHaveProperty('near');
  await w.end();
});
