/**
 * Is `dist/` what the sources build? Asked at every start of `braid` in a clone, so it must stay cheap (about 5 ms: it looks
 * at names, sizes and times, at no content). CommonJS that old Nodes read, because bin/braid.cjs loads it.
 */
'use strict';
const { readdirSync, readFileSync, statSync } = require('node:fs');
const path = require('node:path');

/** What else decides what a build holds. */
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
/** In `dist/`: the {@link signatureOf} the sources when its build began. */
const STAMP = '.built';

/** The folders that are compiled: `include` of tsconfig.build.json. */
function sourceFolders(root) {
  return JSON.parse(readFileSync(path.join(root, 'tsconfig.build.json'), 'utf8')).include;
}

/** Changes when a source is written, added, removed or renamed. Whole seconds: image layers and archives keep no more. */
function signatureOf(root) {
  const lines = [];
  const add = (file) => {
    const stat = statSync(path.join(root, file), { throwIfNoEntry: false });
    if (stat !== undefined) lines.push(`${file} ${stat.size} ${Math.floor(stat.mtimeMs / 1000)}`);
  };
  FILES.forEach(add);
  for (const folder of sourceFolders(root)) {
    for (const file of filesIn(root, folder)) add(file);
  }
  return lines.join('\n');
}

function isStale(root) {
  try {
    return readFileSync(path.join(root, 'dist', STAMP), 'utf8') !== signatureOf(root);
  } catch {
    return true;
  }
}

/** Paths of all files of a folder, relative to the root, sorted; none when it is not there. */
function filesIn(root, folder) {
  let entries;
  try {
    entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, name);
    return entry.isFile() ? [name] : [];
  });
}

module.exports = { STAMP, filesIn, isStale, signatureOf, sourceFolders };
