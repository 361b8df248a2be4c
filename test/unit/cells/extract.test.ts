import { describe, expect, it } from 'vitest';
import { extractCells } from '../../../sandbox/cells/extract.ts';

const codes = (answer: string) => extractCells(answer).cells.map(({ code }) => code);
const F = '```';

describe('RL-02: fenced cells of an answer', () => {
  it.each<[string, string, string[]]>([
    ['no code', 'I think it is 4.', []],
    ['empty', '', []],
    ['one cell', `First I look.\n${F}js\nprint(1)\n${F}\nThen I wait.`, ['print(1)']],
    ['several in order', `${F}js\n1\n${F}\nand\n${F}repl\n2\n${F}`, ['1', '2']],
    ['no language', `${F}\nprint(1)\n${F}`, ['print(1)']],
    ['attributes', `${F}js title="a" {1}\n1\n${F}\n${F}{js}\n2\n${F}\n${F} js\n3\n${F}`, ['1', '2', '3']],
    ['upper case', `${F}JavaScript\n1\n${F}`, ['1']],
    ['an unclosed fence', `${F}js\nprint(1)\nprint(2)`, ['print(1)\nprint(2)']],
    ['a fence closed by the next one', `${F}js\n1\n${F}js\n2\n${F}`, ['1', '2']],
    ['tildes', '~~~js\n1\n~~~', ['1']],
    ['backticks inside of tildes', `~~~js\nx = "${F}"\n${F}\n~~~`, [`x = "${F}"\n${F}`]],
    ['a longer fence around a shorter one', `${F}${F}js\n// ${F}\n${F}\n${F}${F}`, [`// ${F}\n${F}`]],
    ['a longer closing fence', `${F}js\n1\n${F}\`\`\n2`, ['1']],
    ['CRLF', `${F}js\r\nlet a\r\na\r\n${F}\r\n`, ['let a\na']],
    [
      'indented, in a list',
      `1. Do this:\n   ${F}js\n   if (a) {\n     b\n   }\n   ${F}\n- ${F}js\n  c\n  ${F}`,
      ['if (a) {\n  b\n}', 'c'],
    ],
    ['blank lines stay', `${F}js\n\n1\n\n${F}`, ['\n1\n']],
    ['an empty cell is none', `${F}js\n\n${F}`, []],
    ['inline code', `Use \`llm_query\` or ${F}js print(1)${F} here.`, []],
    [
      'other languages',
      `${F}json\n{}\n${F}\n${F}text\nx\n${F}\n${F}markdown\nx\n${F}\n${F}bash\nls\n${F}\n${F}html\nx\n${F}`,
      [],
    ],
    ['a cell quoted in Markdown', `${F}markdown\n${F}js\n1\n${F}\nmore\n${F}\n${F}js\n2\n${F}`, ['2']],
    ['thinking', `<think>\n${F}js\n1\n${F}\n</think>\n${F}js\n2\n${F}`, ['2']],
    ['thinking in one line', `<think>hm</think>\n${F}js\n2\n${F}`, ['2']],
    ['thinking whose start was cut off', `${F}js\n1\n${F}\nhm\n</think>\n${F}js\n2\n${F}`, ['2']],
    ['thinking that never ends', `<think>\n${F}js\n1\n${F}`, []],
    [
      'the mark in code',
      `${F}js\nx = y.split("<think>")[0].split("</think>")\n${F}`,
      ['x = y.split("<think>")[0].split("</think>")'],
    ],
  ])('%s', (_name, answer, expected) => {
    expect(codes(answer)).toEqual(expected);
  });

  it('tells languages', () => {
    const answer = ['js', 'ts', 'tsx', 'jsx', 'node', 'python', 'py', '']
      .map((word) => `${F}${word}\n1\n${F}`)
      .join('\n');
    expect(extractCells(answer).cells.map(({ language }) => language)).toEqual([
      'js',
      'ts',
      'tsx',
      'jsx',
      'node',
      'python',
      'py',
      'js',
    ]);
  });
});

describe('RL-05: markers in the text are answered with a hint', () => {
  it.each([
    ['FINAL(42)', 'FINAL(…) outside of a code cell does nothing: call it in a ```js cell.'],
    ['Done.\n  **FINAL_VAR(answer)**', 'FINAL_VAR(…) outside of a code cell does nothing: call it in a ```js cell.'],
    ['`SUBMIT("x")`', 'SUBMIT(…) outside of a code cell does nothing: call it in a ```js cell.'],
    ['FINAL ANSWER: 42', '"FINAL ANSWER:" in the text does not end the task: call FINAL(value) in a ```js cell.'],
    ['**Final Answer:** 42', '"Final Answer:" in the text does not end the task: call FINAL(value) in a ```js cell.'],
  ])('%j', (answer, hint) => {
    expect(extractCells(answer)).toEqual({ cells: [], hints: [hint] });
  });

  it('is silent when a cell does it, and about words in the middle of a sentence', () => {
    expect(extractCells(`FINAL(x) comes now:\n${F}js\nFINAL(x)\n${F}`).hints).toEqual([]);
    expect(extractCells('Later I will call FINAL(x) with it.').hints).toEqual([]);
    expect(extractCells('FINAL(1)\nFINAL(2)').hints).toHaveLength(1);
  });
});

describe('hostile answers', () => {
  it.each([
    ['one line of backticks', '`'.repeat(10_000_000)],
    ['lines of backticks', `${'`'.repeat(400)}x\n`.repeat(25_000)],
    ['one long line', 'x'.repeat(10_000_000)],
    ['many lines', '\n'.repeat(3_000_000)],
    ['many fences', '```js\n1\n```\n'.repeat(100_000)],
    ['many marks of thinking', '<think></think>'.repeat(600_000)],
    ['spaces before a fence', `${' '.repeat(5_000_000)}\`\`\`js\n1`],
    ['list marks', `${'- '.repeat(3_000_000)}\`\`\`js`],
    ['half markers', `${'*'.repeat(5_000_000)}FINAL`],
  ])('%s', (_name, answer) => {
    const start = process.cpuUsage();
    extractCells(answer);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(3_000);
  });
});
