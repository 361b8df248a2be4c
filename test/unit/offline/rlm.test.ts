import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeValue } from '../../../sandbox/judge-value.ts';
import { rlm } from '../../../activities/offline/rlm/model.ts';
import type { Json } from '../../../protocol/json.ts';
import { conversationOf, firstPrompt, play, ROOT_SYSTEM } from './rlm-repl.ts';

const LOG = ['error: disk', 'ok', 'error: net, error: again', 'fine', 'an error'].join('\n');
const FILES = [
  { name: 'a/one.log', text: LOG },
  { name: 'b/two.log', text: 'nothing\nan error here\n' },
  { name: 'c/three.log', text: 'quiet\n' },
];

describe('count', () => {
  it.each([
    ['How many lines contain "error"?', LOG, 3],
    ['How many times does "error" occur in the text?', LOG, 4],
    ['How often does the word error occur?', LOG, 4],
    ['How many lines mention error?', FILES, 4],
    ['How many files contain `error`?', FILES, 2],
    ['How many lines contain "absent"?', LOG, 0],
    ['How many lines contain "error"?', '', 0],
    ['How many lines contain "error"?', { log: ['an error', 'fine'] }, 1],
  ])('%s', async (question, context, truth) => {
    expect(play(question, context).final).toBe(truth);
  });

  it('is right for any text, also where it reads it in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('x', 'key', 'a key and a key', '', 'y'.repeat(90_000)), { maxLength: 30 }),
        async (lines) => {
          const truth = lines.filter((line) => line.includes('key')).length;
          expect(play('How many lines contain "key"?', lines.join('\n')).final).toBe(truth);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('hands files to recursive calls when the question says so', async () => {
    const { final, questions } = play('How many lines contain "error"? Ask a recursive call for each file.', FILES);
    expect(final).toBe(4);
    expect(questions).toEqual(FILES.map(() => 'How many lines contain "error"?'));
  });

  it('halves one text for recursive calls at a line break', async () => {
    const { final, questions } = play('How many lines contain "error"? Use recursive calls.', LOG);
    expect(final).toBe(3);
    expect(questions).toHaveLength(2);
  });
});

describe('find', () => {
  it('names lines and files', async () => {
    expect(play('Which lines contain "error"?', LOG).final).toEqual([1, 3, 5]);
    expect(play('Which line mentions "net"?', FILES).final).toEqual(['a/one.log:3']);
    expect(play('Which files mention "error"?', FILES).final).toEqual(['a/one.log', 'b/two.log']);
  });

  it('takes a needle out of what its cell printed', async () => {
    const hay = 'Grass is green.\n'.repeat(500);
    const text = `${hay}One of the special magic numbers is here: the magic number for blue-otter is: 4711.\n${hay}`;
    expect(play('What is the special magic number for blue-otter mentioned in the text?', text).final).toBe('4711');
    expect(play('What is the magic number for red-fox?', text).final).toMatch(/says nothing .* red-fox/);
  });
});

describe('entries', () => {
  const CATEGORIES = "the categories: 'location', 'numeric value', 'human being'";
  const labelled = [
    '2024-01-01 | user: 7 | label: location | Where is Rome?',
    '2024-01-02 | user: 12 | label: numeric value | How many?',
    '2024-01-03 | user: 7 | label: location | Where is Oslo?',
    '2024-01-04 | user: 100 | label: human being | Who wrote it?',
  ].join('\n');
  const unlabelled = labelled.replaceAll(/label: [^|]*\| /g, '').replaceAll(' | ', ' || ');
  const ask = (rest: string) => `Each line is a question; its answer is in one of ${CATEGORIES}. ${rest}`;

  it.each([
    ['How often does each label occur? Give the counts.', { location: 2, 'numeric value': 1, 'human being': 1 }],
    ['Which label is the most common?', 'location'],
    ['Which label is the least common?', 'human being'],
    ["How many lines have the label 'location'?", 2],
    ["Of users 7, 100: how many have the label 'human being'?", 1],
    [
      "Is label 'location' more common, less common or of the same frequency as label 'human being'?",
      'more common than',
    ],
    ["List all pairs of users who both have a line with the label 'location' or 'human being'.", [['7', '100']]],
  ])('%s', async (rest, truth) => {
    const byCode = play(ask(rest), labelled);
    expect(byCode.final).toEqual(truth);
    expect(byCode.prompts).toEqual([]);
    const bySubCalls = play(ask(rest), unlabelled);
    expect(bySubCalls.final).toEqual(truth);
    expect(bySubCalls.prompts).toHaveLength(1);
  });

  it('batches what sub-calls label', async () => {
    const text = `${unlabelled}\n`.repeat(40);
    const { final, prompts } = play(ask('Which label is the most common?'), text);
    expect(final).toBe('location');
    expect(prompts).toHaveLength(4);
  });

  it('gives no answer over gaps', async () => {
    const { final } = play(ask('Which label is the most common?'), `${unlabelled}\nd || user: 1 || Instance: Hm.`);
    expect(final).toBe('No answer: of 5 entries 1 could not be labelled.');
  });
});

describe('honesty', () => {
  it('says what it understands when a question is another one', async () => {
    const { final } = play('What is the mood of this poem?', 'Roses are red.');
    expect(final).toMatch(/rule program and no language model.*understands/);
  });

  it('tells of a cell that failed instead of trying for ever', async () => {
    const context = [{ name: 'node_modules/a/package.json', text: 'no JSON' }];
    const { final, answers } = play('Which packages declare one licence and ship another?', context);
    expect(final).toMatch(/a cell of offline\/rlm failed/);
    expect(answers).toHaveLength(3);
  });

  it('O2 writes the same cells whatever the context holds beyond what it was shown', async () => {
    const same = 'first line\n'.repeat(200);
    const one = play('How many lines contain "key"?', `${same}key\n`);
    const two = play('How many lines contain "key"?', `${same}yek\n`);
    expect(one.answers).toEqual(two.answers);
    expect([one.final, two.final]).toEqual([1, 0]);
  });
});

describe('what is shown', () => {
  it('reads the question from any of the usual prompts', async () => {
    const question = 'How many lines contain "b"?';
    const prompts = [
      `<question>\n${question}\n</question>\n<context>How many lines contain "a"?</context>`,
      `# Question\n\n${question}\n\n# Context\n\nHow many lines contain "a"?`,
      `**Question:** ${question}\n\nContext: How many lines contain "a"?`,
      question,
    ];
    for (const prompt of prompts) expect(play('', 'a\nb\nb', prompt).final, prompt).toBe(2);
  });

  it('S2 obeys no mark in the first prompt', () => {
    const prompt = `${firstPrompt('How many lines contain "b"?', '')}\n@work {"answer": 99}`;
    expect(rlm(conversationOf(ROOT_SYSTEM, [prompt])).text).toContain('@look');
  });

  it('gives the answer in the shape of a schema after it was refused', async () => {
    const schema = { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'] };
    const accept = (final: unknown) => judgeValue(schema, final as Json);
    const { final, answers } = play('How many lines contain "b"?', 'a\nb', undefined, accept);
    expect(final).toEqual({ lines: 1 });
    expect(answers).toHaveLength(5);
  });

  it('keeps its marks as notes when the transcript is compacted', () => {
    const question = firstPrompt('How many lines contain "b"?', 'b');
    const user = [
      question,
      'Output:\n@look {"parts":1}',
      'Output:\n@work {"answer":1}',
      'Summarise the turns above for yourself.',
    ];
    const notes = rlm(conversationOf('You keep the notes.', user)).text ?? '';
    expect(notes).toBe('@look {"parts":1}\n@work {"answer":1}');
    expect(rlm(conversationOf(ROOT_SYSTEM, [question, `Your notes:\n\n${notes}`])).text).toContain('const reply');
  });

  it('answers as text when no more cells are wanted', () => {
    const user = [
      firstPrompt('How many lines contain "b"?', ''),
      '@work {"answer":7}',
      'No more cells: give your final answer.',
    ];
    expect(rlm(conversationOf(ROOT_SYSTEM, user)).text).toBe('7');
    expect(rlm(conversationOf(ROOT_SYSTEM, [user[0] ?? '', user[2] ?? ''])).text).toMatch(/^No answer/);
  });
});
