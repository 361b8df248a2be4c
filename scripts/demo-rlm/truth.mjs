/**
 * The truth of `npm run demo:rlm`, found without Braid: reads node_modules itself and names licences by titles and marks of
 * its own. `node scripts/demo-rlm/truth.mjs [folder]` prints it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Lower case, white space as one blank. The first mark in a text tells its main licence. */
const MARKS = {
  'apache-2.0': ['apache license version 2.0', 'apache license, version 2.0', 'apache license 2.0'],
  mit: ['mit license', 'the above copyright notice and this permission notice shall be included in all copies'],
  isc: ['isc license', 'provided that the above copyright notice and this permission notice appear in all copies'],
  '0bsd': ['with or without fee is hereby granted. the software is provided'],
  'bsd-3-clause': ['bsd 3-clause', 'be used to endorse or promote products derived from'],
  'bsd-2-clause': ['redistributions in binary form must reproduce the above copyright notice'],
  'mpl-2.0': ['mozilla public license version 2.0', 'mozilla public license, version 2.0'],
  unlicense: ['this is free and unencumbered software'],
  'blueoak-1.0.0': ['blue oak model license'],
  'cc-by-4.0': ['attribution 4.0 international'],
  'cc0-1.0': ['cc0 1.0 universal'],
  'python-2.0': ['python software foundation license'],
};
const NAMES = { mit: 'MIT', isc: 'ISC', '0bsd': '0BSD', unlicense: 'Unlicense', 'blueoak-1.0.0': 'BlueOak-1.0.0' };

/** Packages whose declared licence is none of those they ship, sorted by name and version. */
export function truthOf(root) {
  const rows = [...packagesIn(path.join(root, 'node_modules'))].flatMap((folder) => {
    const { name, version, license, licenses } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const declares = license ? textOf(license) : licenses ? [licenses].flat().map(textOf).join(' OR ') : 'nothing';
    const shipped = licencesIn(folder);
    const declared = declares.toLowerCase().match(/[a-z0-9.-]+/g) ?? [];
    // `BSD` alone leaves open which of them.
    if (shipped.some((id) => declared.some((one) => id === one || id.startsWith(`${one}-`)))) return [];
    return [{ package: name, version, declares, ships: shipped[0] === undefined ? 'none' : spelled(shipped[0]) }];
  });
  return rows.toSorted((a, b) => compare(a.package, b.package) || compare(a.version, b.version));
}

/** Folders of packages, nested ones too. */
function* packagesIn(modules) {
  if (!existsSync(modules)) return;
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const folder = path.join(modules, entry.name);
    const own = entry.name.startsWith('@') ? readdirSync(folder).map((name) => path.join(folder, name)) : [folder];
    for (const one of own) {
      if (!existsSync(path.join(one, 'package.json'))) continue;
      yield one;
      yield* packagesIn(path.join(one, 'node_modules'));
    }
  }
}

/** Identifiers in lower case, the main one first; `unknown` for a text that no mark fits. */
function licencesIn(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).filter((name) => /^(licen[cs]e|copying|unlicense)/i.test(name));
  return names.toSorted().flatMap((name) => {
    const text = readFileSync(path.join(folder, name), 'utf8')
      .replace(/[\s#*>]+/g, ' ')
      .toLowerCase();
    const found = Object.entries(MARKS).flatMap(([id, marks]) => {
      const places = marks.map((mark) => text.indexOf(mark)).filter((place) => place !== -1);
      return places.length === 0 ? [] : [{ id, place: Math.min(...places) }];
    });
    // The three-clause licence holds the two clauses of the other.
    const ids = found.toSorted((a, b) => a.place - b.place).map(({ id }) => id);
    const own = ids.includes('bsd-3-clause') ? ids.filter((id) => id !== 'bsd-2-clause') : ids;
    return own.length === 0 ? ['unknown'] : own;
  });
}

function textOf(one) {
  return typeof one === 'string' ? one : String(one.type);
}

function spelled(id) {
  return id === 'unknown'
    ? id
    : (NAMES[id] ?? id.toUpperCase().replace('APACHE', 'Apache').replace('CLAUSE', 'Clause'));
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) console.table(truthOf(process.argv[2] ?? '.'));
