/** Names the licences in a text by phrases that only their own texts have. */

const PHRASES: [id: string, phrase: RegExp][] = [
  ['Apache-2.0', /Apache License,? (?:Version )?2\.0/i],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining|\bMIT license\b/i],
  ['0BSD', /with or without fee is hereby granted\. /i],
  ['ISC', /with or without fee is hereby granted, provided/i],
  ['BSD-3-Clause', /Redistribution and use in source and binary forms.{1,1500}?(?:Neither the names?|The names?) of/i],
  [
    'BSD-2-Clause',
    /Redistribution and use in source and binary forms(?!.{1,1500}?(?:Neither the names?|The names?) of)/i,
  ],
  ['MPL-2.0', /Mozilla Public License,? (?:Version|v\.?) ?2\.0/i],
  ['Unlicense', /This is free and unencumbered software released into the public domain/i],
  ['BlueOak-1.0.0', /Blue Oak Model License/i],
  ['CC-BY-4.0', /Attribution 4\.0 International/i],
  ['CC0-1.0', /CC0 1\.0 Universal/i],
  ['Python-2.0', /PYTHON SOFTWARE FOUNDATION LICENSE/i],
  ['LGPL', /GNU LESSER GENERAL PUBLIC LICENSE/i],
  ['GPL', /GNU GENERAL PUBLIC LICENSE/i],
];

/** SPDX identifiers in the order in which the texts begin; empty when no phrase is known. */
export function licencesIn(text: string): string[] {
  const plain = text.replaceAll(/[\s#*>]+/g, ' ');
  return PHRASES.map(([id, phrase]) => ({ id, at: plain.search(phrase) }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);
}
