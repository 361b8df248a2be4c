/** Holds the sources against scripts/import-rule.mjs. Prints one line per import that breaks it and ends with 1. */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { filesIn, sourceFolders } from './build-state.cjs';
import { IMPORT_RULE } from './import-rule.mjs';

const root = path.join(import.meta.dirname, '..');
const BUILT_IN = new Set(builtinModules);
const ZONES = Object.keys(IMPORT_RULE);

const files = sourceFolders(root).flatMap((folder) => filesIn(root, folder));
const code = files.filter((file) => /(?<!\.d)\.ts$|\.js$/.test(file));
const problems = [
  ...unruledFolders(),
  ...code.flatMap((file) => importsOf(file).flatMap((found) => problemOf(file, found) ?? [])),
];
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${code.length} files keep the import rule`);
else process.exitCode = 1;

/** A folder that is built and has no rule would be checked by nobody. */
function unruledFolders() {
  return sourceFolders(root)
    .filter((folder) => !ZONES.includes(folder))
    .map((folder) => `${folder}/ is built and has no rule in scripts/import-rule.mjs`);
}

/** Every import, export … from and import() of a file with a literal name. */
function importsOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { module } = parseSync(file, text);
  const lineAt = (offset) => text.slice(0, offset).split('\n').length;
  const found = [];
  const add = (name, start, use) => found.push({ name, line: lineAt(start), use });
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typesOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    add(moduleRequest.value, start, typesOnly ? 'type' : 'value');
  }
  for (const { entries, start } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) add(moduleRequest.value, start, isType ? 'type' : 'value');
    }
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const literal = /^(['"])(.*)\1$/s.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal !== null) add(literal[2], start, 'lazy');
  }
  return found;
}

function problemOf(file, { name, line, use }) {
  const zone = zoneOf(file);
  const rule = IMPORT_RULE[zone];
  const say = (what) => `${file}:${line} ${what}: ${rule.why}`;
  if (!name.startsWith('.')) return packageProblem(rule, name, use, (what) => say(`${zone}/ may not import ${what}`));
  const target = path.posix.join(path.posix.dirname(file), name);
  const targetZone = zoneOf(target);
  if (targetZone === undefined) return say(`${zone}/ may not import ${target}, which is no part of the product`);
  if (targetZone === zone || rule.zones.includes(targetZone)) return null;
  if (use === 'type' && rule.types?.includes(targetZone)) return null;
  if (use === 'lazy' && rule.lazy?.[file]?.includes(targetZone)) return null;
  return say(
    `${zone}/ may not import ${targetZone}/${rule.types?.includes(targetZone) ? ' but for types' : ''} (${name})`,
  );
}

function packageProblem(rule, name, use, say) {
  if (name.startsWith('node:') || BUILT_IN.has(name)) return rule.node ? null : say(`${name}, a module of Node`);
  const packageName = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
  if (rule.packages === 'any') return use !== 'type' && rule.not?.includes(packageName) ? say(packageName) : null;
  return rule.packages.includes(packageName) ? null : say(packageName);
}

/** The innermost zone that a path is in. */
function zoneOf(file) {
  return ZONES.filter((zone) => file.startsWith(`${zone}/`)).sort((a, b) => b.length - a.length)[0];
}
