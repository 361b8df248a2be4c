/**
 * package-lock.json works for everybody: it names no registry, so that people behind a mirror and people without one install
 * from their own, and it lists the optional packages of every platform, without which `npm ci` refuses it on all of them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const PUBLIC = 'https://registry.npmjs.org/';
const file = path.join(import.meta.dirname, '../package-lock.json');
const packages = JSON.parse(readFileSync(file, 'utf8')).packages;

const problems = Object.entries(packages).flatMap(([place, entry]) => [
  ...hostProblem(place, entry),
  ...gaps(place, entry),
]);
for (const problem of problems) console.error(`package-lock.json: ${problem}`);
if (problems.length === 0) console.log(`${Object.keys(packages).length - 1} packages, complete`);
else process.exitCode = 1;

function hostProblem(place, { resolved, integrity }) {
  if (place === '') return [];
  if (resolved !== undefined && !resolved.startsWith(PUBLIC)) return [`${place} is bound to ${new URL(resolved).host}`];
  return integrity === undefined ? [`${place} has no integrity hash`] : [];
}

function gaps(place, { optionalDependencies = {}, version }) {
  const missing = Object.keys(optionalDependencies).filter((name) => !resolves(place, name));
  return missing.length === 0
    ? []
    : [`${place} ${version} lacks ${missing.join(', ')}: take a version that the registry has for all platforms`];
}

/** As Node looks for it: in its own node_modules, then in those above. */
function resolves(place, name) {
  const above = place.split('/node_modules/');
  return (
    above.some(
      (_, i) => `${above.slice(0, above.length - i).join('/node_modules/')}/node_modules/${name}` in packages,
    ) || `node_modules/${name}` in packages
  );
}
