import { describe, expect, it } from 'vitest';
import { minimalValue } from '../../../activities/offline/fill.ts';
import type { CallResult } from '../../../protocol/guest.ts';
import { isJsonObject, type Json } from '../../../protocol/json.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { parseAgentOptions } from '../../../workflows/calls/options.ts';
import { gave, play, type Call } from '../sandbox/kit.ts';
import { blocksOf } from './kit.ts';

const blocks = blocksOf('js').map((block) => ({ ...block, place: `${block.page}:${block.line}` }));

describe('scripts in the docs', () => {
  it('are there', () => {
    expect(blocks.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(0);
    expect(blocks.filter(({ page }) => page === 'docs/script-reference.md').length).toBeGreaterThan(8);
  });

  it.each(blocks)('$place passes the check without a warning but that it has no meta', ({ page, text }) => {
    const { warnings } = checkScript(text, { file: page });
    expect(warnings.filter((warning) => !warning.startsWith('The script has no meta'))).toEqual([]);
  });

  it.each(blocks)('$place runs to its end with options that are known', ({ page, text }) => {
    const story = play(checkScript(text, { file: page }).source, answer, { start: { total: 20_010 } });
    expect(story.at(-1)).toMatchObject({ type: 'done' });
    for (const { ignored } of optionsOf(story)) expect(ignored).toEqual([]);
  });
});

/** Agents say something, or the smallest value that fits. The kit charges a token more at each call, so budgets come to an end. */
function answer(call: Call): Json | CallResult {
  if (call.name === 'approve') return true;
  if (call.name === 'describe') return call.args[0] === null ? [] : {};
  if (call.name === 'merge') return { patch: null, conflicts: [] };
  if (call.name !== 'agent' && call.name !== 'rlm' && call.name !== 'call') return null;
  const opts = call.args.at(-1);
  const schema = isJsonObject(opts) ? opts['schema'] : undefined;
  return gave(isJsonObject(schema) ? minimalValue(schema, schema) : 'an answer');
}

function optionsOf(story: ReturnType<typeof play>) {
  return story.flatMap((message) =>
    message.type === 'call' && message.name === 'agent' ? [parseAgentOptions(message.args[1])] : [],
  );
}
