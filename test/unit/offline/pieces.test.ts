/** `offline/rlm` as the agents of a script that cuts a text: a part each, and one that puts them together. */
import { describe, expect, it } from 'vitest';
import { answerLeaf } from '../../../activities/offline/rlm/leaf.ts';

const ask = (prompt: string) =>
  answerLeaf({ system: '', user: [prompt], turns: [], tools: new Set(), submitSchema: null }).text ?? '';
const piece = (task: string, text: string) => ask(`${task}\n\nThis is piece 1 of 2.\n\n<text>\n${text}\n</text>`);
const combine = (task: string, ...answers: unknown[]) =>
  ask(
    `${task}\n\nPut them together.\n\n<answers>\n${JSON.stringify(answers.map((answer, i) => ({ piece: i + 1, answer })))}\n</answers>`,
  );

const LABELS = "Each line has one of the categories: 'location', 'human being'. ";
const COUNT_LABELS = `${LABELS}Count the lines of each label.`;

describe('a piece', () => {
  it('is counted by label, or by what its lines are about', () => {
    const lines = 'User: 1 || Instance: Where is Rome?\nUser: 2 || Label: human being || Instance: It is\nno entry';
    expect(JSON.parse(piece(COUNT_LABELS, lines))).toEqual({ location: 1, 'human being': 1 });
    expect(piece(`${LABELS}How many lines have the label 'location'?`, lines)).toBe('1');
    expect(piece(COUNT_LABELS, 'User: 1 || Instance: Rome.')).toMatch(/No answer: 1 lines could not be labelled/);
    expect(piece(`${LABELS}Which label is the most common?`, lines)).toMatch(/rule program/);
  });

  it('is searched as before', () => {
    expect(piece('How many lines contain "x"?', 'x\ny\nx x')).toBe('2');
  });
});

describe('answers of pieces', () => {
  it('are added up', () => {
    expect(combine('How many lines contain "x"?', '3', '0', '4')).toBe('7');
    const sums = combine(COUNT_LABELS, '{"location": 1, "human being": 2}', '{"location": 4}');
    expect(JSON.parse(sums)).toEqual({ location: 5, 'human being': 2 });
  });

  it('give no sum with a gap in it', () => {
    expect(combine('How many lines contain "x"?', '3', null)).toBe('No answer: piece 2 gives null.');
    expect(combine('How many lines contain "x"?', '3', 'nothing')).toBe('No answer: piece 2 gives "nothing".');
    expect(combine(COUNT_LABELS, '{"location": "many"}')).toMatch(/^No answer: piece 1/);
  });

  it('give the one value that a piece found', () => {
    const task = 'What is the magic number for otter?';
    const none = 'The text says nothing of a value for otter.';
    expect(combine(task, none, '1234567', none)).toBe('1234567');
    expect(combine(task, none, none)).toBe('No answer: the pieces give 0 values.');
    expect(combine(task, '1', '2')).toBe('No answer: the pieces give 2 values.');
  });

  it('that cannot be put together are said not to be, and a broken list is no list', () => {
    expect(combine('Which lines contain "x"?', '[1]', '[2]')).toMatch(/rule program/);
    expect(ask('How many lines contain "x"?\n\n<answers>\n[1,\n</answers>')).not.toBe('1');
  });
});
