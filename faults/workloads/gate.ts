import { promptOf } from '../../testing/provider/index.ts';
import { NO_HEAPS, scriptRun, type Workload } from './workload.ts';

const SOURCE = `export const meta = {name: 'gate', description: 'asks a person twice'}
const first = await parallel([0, 1, 2, 3, 4, 5, 6, 7].map((i) => () => agent('first ' + i)))
const go = await approve('Go on?', {count: first.length})
const second = await parallel([0, 1, 2, 3, 4, 5, 6, 7].map((i) => () => agent('second ' + i + ' ' + go)))
const schema = {type: 'object', properties: {pick: {type: 'integer', minimum: 0}}, required: ['pick']}
const asked = ask('Which one?', {schema})
const beside = await parallel([0, 1, 2, 3].map((i) => () => agent('beside ' + i)))
const {pick} = await asked
const rest = []
for (let i = 0; i < 5; i++) rest.push(await agent('rest ' + i + ' of ' + second[pick]))
return {first, go, second, beside, pick, rest}`;

export const GATE: Workload = {
  name: 'gate',
  about: 'a script that waits for an approval, and for an answer while other calls go on; the harness answers both',
  without: NO_HEAPS,
  build: (surroundings) => scriptRun(surroundings, { file: 'gate.js', source: SOURCE }),
  rule: (request) => `<${promptOf(request)}>`,
  answers: ({ kind }) => (kind === 'approve' ? true : { pick: 3 }),
};
