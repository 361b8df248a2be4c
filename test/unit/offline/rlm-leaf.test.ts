import { describe, expect, it } from 'vitest';
import { rlm } from '../../../activities/offline/rlm/model.ts';
import { licencesIn } from '../../../activities/offline/rlm/licence.ts';
import { letterCount, namesOf } from '../../../activities/offline/rlm/names.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import { conversationOf, play } from './rlm-repl.ts';

const ask = (prompt: string, schema: JsonObject | null = null) => rlm(conversationOf('', [prompt], schema));
const text = (prompt: string) => ask(prompt).text;

describe('sub-calls', () => {
  it.each([
    ['How many lines contain "b"?\n\na\nb\nbb', '2'],
    ['How many times does "b" occur?\n\na\nb\nbb', '3'],
    ['How many lines contain "b"?\n<context>\na\nb\n</context>', '1'],
    ['What is the magic number for red-fox?\n<text>\nThe magic number for red-fox is: 42.\n</text>', '42'],
    ['List 3 names of fruits. Answer with a JSON array.', '["apple","apricot","avocado"]'],
    ['List 3 names of planets. Answer with a JSON array.', '[]'],
    [
      "In this text, each line is a question. Which: 'location', 'entity'?\n<text>\n0: Where is it?\n1: Hm.\n</text>",
      '0: location\n1: unknown',
    ],
  ])('%s', (prompt, answer) => expect(text(prompt)).toBe(answer));

  it('O3 says what it understands when asked for something else', () => {
    expect(text('Write a poem about rain.')).toMatch(/rule program and no language model/);
  });

  it('gives a value to the property that has its type', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: { lines: { type: 'integer' }, note: { type: 'string' } },
      required: ['lines', 'note'],
    };
    expect(ask('How many lines contain "b"?\n\na\nb', schema).calls).toEqual([
      { name: 'submit', input: { lines: 1, note: '1' } },
    ]);
  });

  it('knows licences by their texts', () => {
    expect(
      licencesIn(
        'ISC License\n\nPermission to use … for any purpose with or\nwithout fee is hereby granted, provided that',
      ),
    ).toEqual(['ISC']);
    expect(licencesIn('with or without fee is hereby granted. THE SOFTWARE')).toEqual(['0BSD']);
    expect(licencesIn('Licensed under the Apache License, Version 2.0\nMIT License')).toEqual(['Apache-2.0', 'MIT']);
    expect(licencesIn('All rights reserved.')).toEqual([]);
    expect(text('Which licences is this text?\n<text>\nMIT License\n</text>')).toBe('MIT');
    expect(text('Which licences is this text?\n<text>\nAll rights reserved.\n</text>')).toBe('unknown');
  });
});

describe('licences of packages', () => {
  const pkg = (folder: string, value: object) => ({ name: `${folder}/package.json`, text: JSON.stringify(value) });
  const mit =
    'MIT License\n\nCopyright (c) 2020 A\n\nPermission is hereby granted, free of charge, to any person obtaining';
  const files = [
    pkg('node_modules/good', { name: 'good', version: '1.0.0', license: 'MIT' }),
    { name: 'node_modules/good/LICENSE', text: mit },
    pkg('node_modules/@a/other', { name: '@a/other', version: '1.0.0', license: 'ISC' }),
    { name: 'node_modules/@a/other/license.md', text: mit.replace('2020 A', '2021 B') },
    pkg('node_modules/good/node_modules/bare', { name: 'bare', version: '2.0.0', licenses: [{ type: 'MIT' }] }),
    pkg('node_modules/silent', { name: 'silent', version: '1.0.0' }),
    {
      name: 'node_modules/silent/LICENSE',
      text: 'This is free and unencumbered software released into the public domain.',
    },
    pkg('node_modules/either', { name: 'either', version: '1.0.0', license: '(MIT OR ISC)' }),
    { name: 'node_modules/either/LICENSE-MIT', text: mit },
    // Not packages: a folder inside one, and its licence.
    pkg('node_modules/good/dist', { type: 'module' }),
    { name: 'node_modules/good/dist/LICENSE', text: 'Apache License 2.0' },
  ];
  const question =
    'Which installed packages declare one licence in package.json but ship the text of another one, or none at all?';

  it('joins what is declared with what is shipped, and asks once for equal texts', async () => {
    const { final, prompts } = play(question, files);
    expect(final).toEqual([
      { package: '@a/other', version: '1.0.0', declares: 'ISC', ships: 'MIT' },
      { package: 'bare', version: '2.0.0', declares: 'MIT', ships: 'none' },
      { package: 'silent', version: '1.0.0', declares: 'nothing', ships: 'Unlicense' },
    ]);
    expect(prompts).toHaveLength(2);
  });
});

describe('letters', () => {
  it('knows fifty different names of each category', () => {
    for (const category of ['fruits', 'countries', 'animals'])
      expect(new Set(namesOf(category, 99)).size, category).toBe(50);
  });

  it('counts letters, whatever their case', () => {
    expect([letterCount('strawberry', 'R'), letterCount('Rwanda', 'r'), letterCount('kiwi', 'r')]).toEqual([3, 1, 0]);
  });
});
