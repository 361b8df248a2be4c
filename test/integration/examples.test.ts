/** The scripts of examples/, each with exact expectations: who was asked what, how often, and what came of it. */
import { describe, expect, it } from 'vitest';
import { useHarness } from '../kit/harness.ts';
import {
  answersByPrompt,
  callsOf,
  DEAD,
  linesOf,
  promptsOf,
  repositoryFile,
  submit,
  viewOf,
} from '../kit/script-file.ts';

const h = useHarness();

describe('examples/review.js', () => {
  const source = repositoryFile('examples/review.js');
  const finding = (title: string, file: string, line: number) => ({
    title,
    file,
    line,
    severity: 'high',
    code: 'x()',
    why: 'w',
  });
  const swallowed = finding('swallowed error', 'src/a.js', 3);
  const floating = finding('floating promise', 'src/b.js', 7);
  const slow = finding('sync read in a loop', 'src/a.js', 9);
  const reviewPrompt = (dimension: string, scope = 'Look at every source file.') =>
    `Review the code for ${dimension}. ${scope} Report only what you can show in a line of code.`;
  const verifyPrompt = (found: typeof swallowed) =>
    `Try to REFUTE this finding: ${found.title}. Read ${found.file} around line ${found.line} first.\n` +
    `If the code there does not show the problem, it is not real.\n${JSON.stringify(found)}`;

  it('confirms, refutes, and says what nobody checked or reviewed', async () => {
    const { result, requests, handle } = await h.run(source, {
      file: 'review.js',
      provider: answersByPrompt({
        'Review the code for bugs': submit({ findings: [swallowed, floating] }),
        // Reports one line again: it is verified once, for who saw it first.
        'Review the code for performance': submit({ findings: [{ ...swallowed, title: 'the same again' }, slow] }, 400),
        'Review the code for security': DEAD,
        'Try to REFUTE this finding: swallowed error': submit({ isReal: true, reason: 'the catch is empty' }),
        'Try to REFUTE this finding: floating promise': submit({ isReal: false, reason: 'it is awaited below' }),
        'Try to REFUTE this finding: sync read': DEAD,
      }),
    });
    expect(result.value).toEqual({
      confirmed: [{ dimension: 'bugs', ...swallowed, isReal: true, reason: 'the catch is empty' }],
      refuted: [{ dimension: 'bugs', ...floating, isReal: false, reason: 'it is awaited below' }],
      unchecked: [{ dimension: 'performance', ...slow }],
      unreviewed: ['security'],
    });
    expect(promptsOf(requests).toSorted()).toEqual(
      [
        ...['bugs', 'performance', 'security'].map((d) => reviewPrompt(d)),
        ...[swallowed, floating, slow].map(verifyPrompt),
      ].toSorted(),
    );
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      usage: { calls: 6, requests: 6, failed: 2, refused: 0 },
    });
    expect(result.outcomes.map(({ label, phase, reason, code }) => ({ label, phase, reason, code }))).toEqual([
      { label: 'review security', phase: 'Review', reason: 'error', code: 'BRAID_PROVIDER_BAD_REQUEST' },
      { label: 'verify src/a.js:9', phase: 'Verify', reason: 'error', code: 'BRAID_PROVIDER_BAD_REQUEST' },
    ]);
    const view = await viewOf(h, handle);
    expect(callsOf(view)).toEqual([
      'Review › review bugs = done',
      'Review › review performance = done',
      'Review › review security = failed',
      'Verify › verify src/a.js:3 = done',
      'Verify › verify src/a.js:9 = failed',
      'Verify › verify src/b.js:7 = done',
    ]);
    expect(view.phases.map(({ title, detail }) => ({ title, detail }))).toEqual([
      { title: 'Review', detail: 'one reviewer for each dimension' },
      { title: 'Verify', detail: 'one sceptic for each finding' },
    ]);
    // The dead reviewer's null passes through both stages, and each says so.
    expect(linesOf(view, 'null')).toEqual([
      'pipeline[2] stage 1 gave null',
      'pipeline[2] stage 2 gave null',
      expect.stringMatching(/^pipeline: .*\b2\b.*\b3 items/),
    ]);
  });

  it('verifies the finds of one side while another is still under review', async () => {
    const { requests } = await h.run(source, {
      args: { dimensions: ['bugs', 'performance'] },
      provider: answersByPrompt({
        'Review the code for bugs': submit({ findings: [swallowed] }),
        'Review the code for performance': submit({ findings: [slow] }, 800),
        'Try to REFUTE': submit({ isReal: true, reason: 'r' }),
      }),
    });
    const [performance, verify] = ['Review the code for performance', 'Try to REFUTE this finding: swallowed'].map(
      (start) => requests.find((request) => request.messages[0]?.text.startsWith(start)),
    );
    expect(verify?.at).toBeLessThan(performance?.endedAt ?? 0);
  });

  it('takes dimensions and paths, and ends well without findings', async () => {
    const { result, requests } = await h.run(source, {
      args: { dimensions: ['style'], paths: ['src', 'lib'] },
      provider: () => ({ submit: { findings: [] } }),
    });
    expect(promptsOf(requests)).toEqual([reviewPrompt('style', 'Look only at src, lib.')]);
    expect(result).toMatchObject({
      status: 'completed',
      value: { confirmed: [], refuted: [], unchecked: [], unreviewed: [] },
      usage: { calls: 1, requests: 1, failed: 0 },
    });
  });

  it('gives an empty review when every reviewer dies', async () => {
    const { result } = await h.run(source, { provider: () => DEAD });
    expect(result.value).toEqual({
      confirmed: [],
      refuted: [],
      unchecked: [],
      unreviewed: ['bugs', 'performance', 'security'],
    });
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 3, requests: 3, failed: 3 } });
  });
});

describe('examples/migrate-plan.js', () => {
  const source = repositoryFile('examples/migrate-plan.js');
  const goal = 'use async file access';
  const QUESTIONS = {
    need: 'Does the code really have what these changes are to cure?',
    safety: 'Do callers keep working after these changes?',
    worth: 'Is the gain worth the work?',
  };
  const changesOf = (file: string) => [{ title: `await in ${file}`, line: 2, code: 'readFileSync(p)', why: 'blocks' }];
  const analysePrompt = (file: string) =>
    `Read ${file}. Which changes does it need to ${goal}? Name each line. No changes is a good answer.`;
  const votePrompt = (question: string, file: string) =>
    `${question}\nGoal: ${goal}\nRead ${file}, then judge:\n${JSON.stringify(changesOf(file))}`;
  /** `+` a vote for, `-` against, `x` a judge that dies; in the order of QUESTIONS. */
  const votes = (file: string, pattern: string) =>
    Object.fromEntries(
      Object.values(QUESTIONS).map((question, i) => [
        `${question}\nGoal: ${goal}\nRead ${file},`,
        pattern[i] === 'x' ? DEAD : submit({ isReal: pattern[i] === '+', reason: `${file} ${pattern[i]}` }),
      ]),
    );
  const cast = (file: string, pattern: string) =>
    Object.keys(QUESTIONS).flatMap((judge, i) =>
      pattern[i] === 'x' ? [] : [{ judge, isReal: pattern[i] === '+', reason: `${file} ${pattern[i]}` }],
    );

  it('keeps what two of three judges support; deaths count as no vote', async () => {
    const files = ['won.js', 'lost.js', 'clean.js', 'dead.js', 'split.js', 'torn.js'];
    const { result, requests, handle } = await h.run(source, {
      args: { goal, files },
      provider: answersByPrompt({
        'Read dead.js': DEAD,
        'Read clean.js': submit({ file: 'clean.js', changes: [] }),
        ...Object.fromEntries(
          ['won.js', 'lost.js', 'split.js', 'torn.js'].map((f) => [
            `Read ${f}`,
            submit({ file: f, changes: changesOf(f) }),
          ]),
        ),
        ...votes('won.js', '++-'),
        ...votes('lost.js', '-+-'),
        ...votes('split.js', '+x+'),
        ...votes('torn.js', '+x-'),
      }),
    });
    const plan = (file: string, pattern: string, accepted: boolean) => ({
      file,
      changes: changesOf(file),
      votes: cast(file, pattern),
      accepted,
    });
    expect(result.value).toEqual({
      plan: [plan('won.js', '++-', true), plan('split.js', '+x+', true)],
      rejected: [plan('lost.js', '-+-', false), plan('torn.js', '+x-', false)],
      untouched: ['clean.js'],
      failed: ['dead.js'],
    });
    const judged = ['won.js', 'lost.js', 'split.js', 'torn.js'].flatMap((file) =>
      Object.values(QUESTIONS).map((q) => votePrompt(q, file)),
    );
    expect(promptsOf(requests).toSorted()).toEqual([...files.map(analysePrompt), ...judged].toSorted());
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 18, requests: 18, failed: 3 } });
    const view = await viewOf(h, handle);
    expect(linesOf(view, 'log')).toEqual(['6 files to analyse']);
    expect(linesOf(view, 'null')).toEqual([
      'pipeline[3] stage 1 gave null',
      'pipeline[3] stage 2 failed: the analyst gave no answer',
      expect.stringMatching(/^pipeline: .*\b1\b.*\b6 items/),
    ]);
    expect(callsOf(view).filter((line) => line.includes('split.js'))).toEqual([
      'Analyse › analyse split.js = done',
      'Judge › need split.js = done',
      'Judge › safety split.js = failed',
      'Judge › worth split.js = done',
    ]);
  });

  it('asks for the files when none are named', async () => {
    const { result, requests, handle } = await h.run(source, {
      provider: answersByPrompt({
        'List the source files': submit({ files: ['only.js'] }),
        'Read only.js': submit({ file: 'only.js', changes: [] }),
      }),
    });
    expect(promptsOf(requests)[0]).toBe(
      'List the source files that matter for this migration: handle every error that is ignored today.',
    );
    expect(result).toMatchObject({
      status: 'completed',
      value: { plan: [], rejected: [], untouched: ['only.js'], failed: [] },
      usage: { calls: 2, requests: 2 },
    });
    expect(callsOf(await viewOf(h, handle))).toEqual(['Analyse › analyse only.js = done', 'List › list files = done']);
  });

  it('ends well when the listing dies', async () => {
    const { result } = await h.run(source, { provider: () => DEAD });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: { plan: [], rejected: [], untouched: [], failed: [] },
      usage: { calls: 1, requests: 1, failed: 1 },
    });
  });
});

describe('examples/deep-search.js', () => {
  const source = repositoryFile('examples/deep-search.js');
  const question = 'Where can a promise be lost?';
  const angles = ['by name', 'by flow'];
  const find = (file: string, line: number) => ({ title: `t ${file}`, file, line, code: 'c()', why: 'w' });
  const searchPrompt = (angle: string, known: string[]) =>
    `${question}\nSearch ${angle}. Do not report again what is known:\n${known.join('\n') || 'nothing yet'}`;
  const checkPrompt = (found: ReturnType<typeof find>) =>
    `Try to REFUTE this answer to "${question}". Read the file first.\n${JSON.stringify(found)}`;
  /** Finds of each searcher by what it was told is known. */
  const provider = (
    bySearch: { [prompt: string]: ReturnType<typeof find>[] | 'dead' },
    real: (prompt: string) => boolean,
  ) =>
    answersByPrompt({
      ...Object.fromEntries(
        Object.entries(bySearch).map(([prompt, finds]) => [
          prompt,
          finds === 'dead' ? DEAD : submit({ findings: finds }),
        ]),
      ),
      ...Object.fromEntries(
        Object.values(bySearch)
          .flatMap((finds) => (finds === 'dead' ? [] : finds))
          .map((found) => {
            const prompt = checkPrompt(found);
            return [prompt, submit({ isReal: real(prompt), reason: 'because' })];
          }),
      ),
    });

  it('goes on until two rounds bring nothing new; what was refuted does not come back', async () => {
    const a = find('a.js', 1);
    const b = find('b.js', 2);
    const c = find('c.js', 3);
    const known = ['a.js:1', 'b.js:2'];
    const all = [...known, 'c.js:3'];
    const searches = {
      // Both searchers see a.js:1: it is checked once.
      [searchPrompt('by name', [])]: [a, b],
      [searchPrompt('by flow', [])]: [a],
      [searchPrompt('by name', known)]: [c, b],
      [searchPrompt('by flow', known)]: 'dead' as const,
      // b.js:2 was refuted, and is reported again all the same.
      [searchPrompt('by name', all)]: [b],
      [searchPrompt('by flow', all)]: [],
    };
    const { result, requests, handle } = await h.run(source, {
      args: { question, angles },
      provider: provider(searches, (prompt) => !prompt.includes('b.js')),
    });
    expect(result.value).toEqual({
      question,
      found: [
        { ...a, round: 1, isReal: true, reason: 'because' },
        { ...c, round: 2, isReal: true, reason: 'because' },
      ],
      seen: 3,
      rounds: 4,
      complete: true,
    });
    // Rounds 3 and 4 ask the same: nothing new is known.
    const dry = [searchPrompt('by name', all), searchPrompt('by flow', all)];
    const asked = [
      [searchPrompt('by name', []), searchPrompt('by flow', [])],
      [checkPrompt(a), checkPrompt(b)],
      [searchPrompt('by name', known), searchPrompt('by flow', known)],
      [checkPrompt(c)],
      dry,
      dry,
    ];
    const prompts = promptsOf(requests);
    for (const round of asked) expect(prompts.splice(0, round.length).toSorted()).toEqual(round.toSorted());
    expect(prompts).toEqual([]);
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 11, requests: 11, failed: 1 } });
    expect(result.outcomes).toMatchObject([{ label: 'round 2 by flow', phase: 'Search' }]);
    expect(linesOf(await viewOf(h, handle), 'log')).toEqual([
      'round 1: 2 new, 2 seen',
      'round 2: 1 new, 3 seen',
      'round 3: 0 new, 3 seen',
      'round 4: 0 new, 3 seen',
    ]);
  });

  it('stops at maxRounds and says that it was not dry', async () => {
    let line = 0;
    const { result, handle } = await h.run(source, {
      args: { question, angles: ['on'], maxRounds: 2 },
      provider: (request) =>
        request.messages[0]?.text.includes('REFUTE') === true
          ? { submit: { isReal: false, reason: 'no' } }
          : { submit: { findings: [find('new.js', ++line)] } },
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: { found: [], seen: 2, rounds: 2, complete: false },
      usage: { calls: 4 },
    });
    expect(linesOf(await viewOf(h, handle), 'log').at(-1)).toBe(
      'ended after 2 rounds, before two of them found nothing',
    );
  });

  it('does not take a round in which everybody died for a dry one', async () => {
    const { result } = await h.run(source, { args: { question, angles }, provider: () => DEAD });
    expect(result).toMatchObject({
      value: { found: [], rounds: 1, complete: false },
      usage: { calls: 2, requests: 2, failed: 2 },
    });
  });

  it('stops while the budget still has room for a round', async () => {
    const { result, handle } = await h.run(source, {
      args: { question, angles },
      limits: { maxOutputTokens: 40_000 },
      provider: () => ({ submit: { findings: [] }, usage: { input: 10, output: 11_000 } }),
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: { rounds: 2, complete: false },
      usage: { calls: 2, outputTokens: 22_000 },
    });
    expect(linesOf(await viewOf(h, handle), 'log')).toContain('stopped before round 2: 18000 tokens left');
  });
});
