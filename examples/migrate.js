// Migrates a package from CommonJS to ES modules: an agent for each file, each in a copy of its own; one patch at the end.
//
//   npx braid run examples/migrate.js --cwd examples/migrate/package --model offline/migrator
//   npx braid diff RUN            the patch: | git apply --directory=examples/migrate/package
//   npx braid apply RUN           shows it, asks, and changes the folder: the run itself never does
//
// Tests are run by `bash`, which asks before it runs anything: `npx braid answer RUN remember` lets this command pass for the rest of the run.
// A rule in the braid.config of the folder where you type lets it pass unasked. That of examples/migrate does: cd examples/migrate, and
//   npx braid run ../migrate.js --cwd package --model offline/migrator
//
//   npx braid run examples/migrate.js --cwd path/to/package --model openai/gpt-5-mini --args '{"test": "npm test"}'

export const meta = {
  name: 'migrate',
  description: 'Migrates a package from CommonJS to ES modules, runs its tests, and gives one patch',
  phases: [
    { title: 'Find' },
    { title: 'Migrate', detail: 'one agent for each file' },
    { title: 'Package', detail: 'package.json, over all files together' },
    { title: 'Test', detail: 'and one repair' },
  ],
}

const test = args?.test ?? 'node --test'

const text = { type: 'string' }
const list = { type: 'array', items: text }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const FILES = object({ files: list })
const CHANGE = object({ changed: { type: 'boolean' }, left: { ...list, description: 'what could not be done, and why' }, summary: text })
const TESTS = object({
  passed: { type: 'boolean' }, failed: { type: 'integer' },
  output: { type: 'string', description: 'what the tests printed, from the first failure on' },
})
const EDITOR = ['glob', 'read', 'edit', 'write']

phase('Find')
const found = args?.files ? { files: args.files } : await agent(
  'List the files of this package that are written in CommonJS: tests too, node_modules not.',
  { label: 'find files', schema: FILES, tools: ['glob', 'grep', 'read'] })
const files = found?.files ?? []
log(`${files.length} files to migrate`)

// All see the old package, and none sees what another one does. They agree because each follows the same rule: what a module exports is
// told by its old text.
const changes = await parallel(files.map((file) => () => agent(
  `Turn ${file} from CommonJS into an ES module: import and export, with whole file names; JSON with an import attribute; __dirname from ` +
  'import.meta.url.\nA module whose exports are names gets named exports; one that is a single value gets a default export. Read the ' +
  'modules that it requires to see which they are: they are migrated by the same rule, by others, at the same time.\nChange only this file.',
  { label: `migrate ${file}`, phase: 'Migrate', schema: CHANGE, tools: EDITOR, isolation: 'worktree' })))

const { patch: merged, conflicts } = await merge(changes)
if (merged === null) return { tests: null, table: [], left: files.map((file) => `${file}: nothing was changed`), conflicts }

// What depends on all of them begins on what they made together.
const packaged = await agent(
  'Set "type": "module" in package.json, and nothing else.',
  { label: 'package.json', phase: 'Package', schema: CHANGE, tools: EDITOR, on: merged, isolation: 'worktree' })
let patch = packaged?.patch ?? merged

const first = await agent(
  `Run the tests with \`${test}\` and tell what came of it. Do nothing else.`,
  { label: 'run the tests', phase: 'Test', schema: TESTS, tools: ['bash'], on: patch, isolation: 'worktree' })
let tests = first
if (first && !first.passed) {
  const repaired = await agent(
    'This package was migrated from CommonJS to ES modules, and now its tests fail. Repair what their output names, then run them once ' +
    `more with \`${test}\`, and tell what came of it.\n\n${first.output}`,
    { label: 'repair', phase: 'Test', schema: TESTS, tools: [...EDITOR, 'bash'], on: patch, isolation: 'worktree' })
  tests = repaired ?? first
  patch = repaired?.patch ?? patch
}

keep(patch)
return {
  tests: tests && { passed: tests.passed, failed: tests.failed, repaired: tests !== first, ...(tests.passed ? {} : { output: tests.output }) },
  table: patch.files.map(({ path, kind, added, removed }) => ({ path, kind, added, removed })),
  left: [
    ...files.filter((file, index) => changes[index] === null).map((file) => `${file}: its agent gave no answer`),
    ...changes.filter(Boolean).flatMap((change) => change.left),
  ],
  conflicts: conflicts.map(({ path, kind, hunks }) => ({ path, kind, places: hunks.length })),
}
