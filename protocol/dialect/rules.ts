/** What a model must know beside functions and options, and one script that shows it. */
import { LIMITS } from '../limits.ts';

export const DIALECT_RULES: readonly string[] = [
  'Plain JavaScript, the body of an async function: top-level `await` and `return`. No import, require, export (but meta), TypeScript, fetch, process, fs, setInterval, Intl, crypto.',
  'The first statement is `export const meta = { name, description, phases: [{ title }] }` of plain literals; name in lower case with dashes.',
  'The script itself reads no file and no network: agents do. It only schedules, combines and filters what they give.',
  '`args` is the JSON value that the user passed, or undefined: write `args?.x ?? default`.',
  'What a script needs to decide comes from a `schema`; text is for people. Schemas are JSON Schema whose root is an object with `required`.',
  'An agent sees its prompt only: put paths, criteria and earlier results (JSON.stringify) into it.',
  'Bound every fan-out: `.slice(0, n)` on lists that agents give, `maxItems` in schemas, a counter in every loop. Say with log() what was cut.',
  'First find the items (one agent with a schema), then work on them in a pipeline, then check or join the results. Have claims checked by another agent.',
  'The returned value is the result, plain JSON. Tell what was not covered instead of hiding it.',
  '`budget.total`, `budget.spent()` and `budget.remaining()` count output tokens; budget.total is null without a limit, remaining() is Infinity then.',
];

export const DIALECT_LIMITS: readonly { what: string; value: number }[] = [
  { what: 'calls over the life of a run, unless the user says otherwise', value: LIMITS.maxCalls },
  { what: 'calls in flight, by default', value: LIMITS.concurrency },
  { what: 'items of one parallel or pipeline', value: LIMITS.maxItems },
  { what: 'turns of an agent with tools', value: LIMITS.agentSteps },
  { what: 'output tokens of one response, by default', value: LIMITS.maxOutputTokens },
  { what: 'bytes of a script', value: LIMITS.scriptBytes },
];

export const DIALECT_EXAMPLE = `export const meta = {
  name: 'audit-errors',
  description: 'Finds places that swallow errors and keeps those a sceptic cannot refute',
  phases: [{ title: 'Find' }, { title: 'Check' }],
}

const most = args?.most ?? 20
const text = { type: 'string' }
const PLACE = { type: 'object', properties: { file: text, line: { type: 'integer' }, why: text }, required: ['file', 'line', 'why'] }
const PLACES = { type: 'object', properties: { places: { type: 'array', items: PLACE, maxItems: 10 } }, required: ['places'] }
const VERDICT = { type: 'object', properties: { isReal: { type: 'boolean' }, reason: text }, required: ['isReal', 'reason'] }

phase('Find')
const found = await parallel(['empty catch blocks', 'promises that nobody awaits'].map((what) => () =>
  agent(\`Find \${what} in this workspace. Name file and line.\`, { label: \`find \${what}\`, schema: PLACES })))

const places = found.filter(Boolean).flatMap((one) => one.places)
if (places.length > most) log(\`checking \${most} of \${places.length} places\`)
const checked = await pipeline(places.slice(0, most),
  (place) => agent(\`Try to REFUTE this; read the file first: \${JSON.stringify(place)}\`,
    { label: \`check \${place.file}:\${place.line}\`, phase: 'Check', schema: VERDICT }),
  (verdict, place) => verdict && { ...place, ...verdict })

return { real: checked.filter((one) => one?.isReal), unchecked: places.length - checked.filter(Boolean).length }
`;
