import { parse } from 'acorn';
import fc from 'fast-check';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { prepareCell } from '../../../sandbox/cells/index.ts';
import { FakeRepl } from './kit.ts';

/** Code as a model writes it, and the same with every `await` that JavaScript needs. */
interface Twin {
  cell: string;
  exact: string;
}

const twin = (text: string): Twin => ({ cell: text, exact: text });
/** Joins parts with text between them, in both. */
const weave = (texts: TemplateStringsArray, ...parts: (Twin | string)[]): Twin => {
  const side = (pick: (part: Twin) => string) =>
    texts.reduce((all, text, n) => {
      const part = parts[n - 1] ?? '';
      return all + (typeof part === 'string' ? part : pick(part)) + text;
    });
  return { cell: side(({ cell }) => cell), exact: side(({ exact }) => exact) };
};
const asked = (call: Twin): Twin => ({ cell: call.cell, exact: `(await ${call.exact})` });

const { expression } = fc.letrec<{ expression: Twin }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('1', '"s"', 'a', 'b', 'seen.length', 'null', '/;/').map(twin),
    tie('expression').map((e) => asked(weave`llm_query(${e})`)),
    tie('expression').map((e) => weave`String(${asked(weave`llm_query(${e})`)}.length)`),
    tie('expression').map((e) => weave`[${asked(weave`llm_query(${e})`)}, 2]`),
    tie('expression').map((e) => weave`\`x\${${e}}\n\``),
    tie('expression').map((e) => weave`({ k: ${e} }).k`),
    tie('expression').map((e) => weave`typeof (${e})`),
    fc.constant(twin('typeof a')),
    fc.constant({
      cell: '[a, b].map((m) => llm_query(m).length)',
      exact: '(await Promise.all([a, b].map(async (m) => (await llm_query(m)).length)))',
    }),
    fc.tuple(tie('expression'), tie('expression')).map(([e, f]) => weave`(${e} ? ${f} : 0)`),
    fc.tuple(tie('expression'), tie('expression')).map(([e, f]) => weave`(${e} + ${f})`),
    fc.tuple(tie('expression'), tie('expression')).map(([e, f]) => weave`(/* c */ ${e}, ${f})`),
  ),
}));

const statement = (n: number) =>
  fc
    .tuple(fc.constantFrom('const', 'let', 'var'), expression, expression, fc.nat(9))
    .map(([kind, e, f, which]): Twin => {
      const forms = [
        weave`${kind} v${String(n)} = ${e}`,
        weave`${kind} { p: v${String(n)} = ${e}, ...r${String(n)} } = { q: ${f} }`,
        weave`${kind} [v${String(n)}, w${String(n)} = ${e}] = [${f}]`,
        weave`if (${e}) { var v${String(n)} = ${f} } else seen.push(${f})`,
        weave`for (const i of [${e}, 1]) seen.push(i)`,
        weave`for (var i${String(n)} = 0; i${String(n)} < 2; i${String(n)}++) { let x = ${e}; seen.push(x) }`,
        weave`function f${String(n)}(x) {\n  return [x]\n}`,
        weave`class K${String(n)} { static s = 1; m() { return K${String(n)} } }`,
        weave`seen.push(${e}) // ${f.cell.includes('\n') ? '' : f.cell}`,
        weave`try { seen.push((${e}).none.none) } catch { seen.push(0) }`,
      ];
      return forms[which] ?? twin('');
    });

const program = fc
  .nat(6)
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => statement(n)), expression))
  .map((parts) => {
    const statements = parts.slice(0, -1);
    const last = parts.at(-1) ?? twin('0');
    return { statements, last };
  });

it('gives what the same program with every `await` in its place gives', async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.constantFrom('\n', '\n;', ';\n'), async ({ statements, last }, between) => {
      const cell = [...statements.map((part) => part.cell), `;[${last.cell}, seen]`].join(between);
      const exact = [...statements.map((part) => part.exact), `;return [${last.exact}, seen]`].join(between);
      const reference = new FakeRepl({ a: 'A', b: 7, seen: [] });
      const run = vm.runInContext(`(async () => {\n${exact}\n})`, reference.globals);
      expect(JSON.stringify(await new FakeRepl({ a: 'A', b: 7, seen: [] }).run(cell))).toBe(
        JSON.stringify(await run()),
      );
    }),
    { numRuns: 150 },
  );
});

it('keeps the lines of any program, and parses (C1)', () => {
  fc.assert(
    fc.property(program, ({ statements, last }) => {
      const code = [...statements.map((part) => part.cell), `;${last.cell}`].join('\n');
      const { source, prefix } = prepareCell(code);
      expect(parse(source, { ecmaVersion: 2025 }).body).toHaveLength(1);
      expect(source.split('\n')).toHaveLength(code.split('\n').length + 1);
      expect(source.slice(0, prefix)).not.toContain('\n');
    }),
    { numRuns: 300 },
  );
});
