import { expect, test } from 'vitest';
import type { Json } from '../../../protocol/json.ts';
import type { GuestCall } from '../../../sandbox/repl/index.ts';
import { options, outputOf, Session } from './kit.ts';

const TEXT = Array.from(
  { length: 3_000 },
  (_, i) => `Line ${i}: user ${i % 7} asked about ${['billing', 'login', 'export'][i % 3]}`,
).join('\n');

/** How cells of public systems look (names and habits), and what they must print here. */
const CELLS: [string, string, string][] = [
  [
    'chunks by split, a batch, a count',
    "const chunks = context.split('\\n'); const r = await llm_query_batched(chunks.slice(0, 5).map(c => 'x' + c)); print(r.length)",
    '5\n',
  ],
  [
    'a check of the type',
    "if (typeof context === 'string') { print('string of', context.length) }",
    `string of ${TEXT.length}\n`,
  ],
  ['a preview', 'console.log(context.slice(0, 12) + "…")', 'Line 0: user…\n'],
  ['its JSON', 'JSON.stringify(context).length > context.length', 'true\n'],
  ['matches', 'context.match(/billing/g)?.length', '1000\n'],
  ['lines with a filter', "context.split('\\n').filter(l => l.includes('user 3')).length", '429\n'],
  [
    'calls that nobody awaits (Python style)',
    'const a = llm_query("q1")\nconst b = sub_rlm("q2", context)\nprint(a, b)',
    'A A\n',
  ],
  [
    'a loop over chunks with a buffer',
    `const size = 40000; const notes = [];
     for (let i = 0; i < context.length; i += size) {
       const chunk = context.slice(i, i + size);
       const note = await llm_query(\`Summarise: \${chunk}\`);
       notes.push(note);
     }
     print(notes.length)`,
    `${Math.ceil(TEXT.length / 40_000)}\n`,
  ],
  [
    'Promise.all over parts',
    "const parts = context.chunks({ size: 50000 }); const all = await Promise.all(parts.map((p, i) => llm_query('part ' + i, p))); print(all.join(' '))",
    'A A A\n',
  ],
  ['instruction and content', "const s = await llm_query('How many?', context.slice(0, 100)); print(s)", 'A\n'],
  [
    'options of another system',
    "const v = await llm_query('q', context, { model: 'openai/gpt-5', responseFormat: 'json' }); print(v)",
    'A\n',
  ],
  ['variables that were there', 'const vars = SHOW_VARS(); print(typeof vars)', 'string\n'],
  [
    'an answer object',
    'const counts = {}; for (const l of context.split("\\n")) { const k = l.split(" ").at(-1); counts[k] = (counts[k] ?? 0) + 1 } answer.content = counts; answer.ready = true; counts',
    '{billing: 1000, login: 1000, export: 1000}\n',
  ],
  [
    'a regex over lines',
    'const re = /user (\\d)/g; let m, n = 0; while ((m = re.exec(context)) !== null) n++; n',
    '3000\n',
  ],
  [
    'a Map of counts',
    'const byUser = new Map(); for (const h of context.grep(/user (\\d)/, { limit: 10000 })) byUser.set(h.groups[0], (byUser.get(h.groups[0]) ?? 0) + 1); byUser.get("3")',
    '429\n',
  ],
];

test.each(CELLS)('%s', (_, code, text) => {
  const answer = (call: GuestCall): Json => ('batch' in call && call.batch ? call.items.map(() => 'A') : 'A');
  const end = new Session(options(TEXT)).play(code, answer);
  expect(end.error).toBeNull();
  expect(outputOf(end)).toBe(text);
});
