import { promptOf } from '../../testing/provider/index.ts';
import { NO_HEAPS, scriptRun, type Workload } from './workload.ts';

/** Stands in the workspace as `inner.js`. */
export const INNER = `export const meta = {name: 'inner', description: 'two at once, then one'}
const pair = await parallel([1, 2].map((n) => () => agent('inner ' + args.item + '.' + n + ' of ' + args.text, {tools: []})))
return {pair, both: await agent('both of ' + pair.join(' and '), {tools: []})}`;

const SOURCE = `export const meta = {name: 'nested', description: 'a pipeline whose middle stage is a workflow'}
return await pipeline(
  [0, 1, 2, 3, 4, 5],
  (item) => agent('first ' + item, {tools: []}),
  (text, item) => workflow({scriptPath: 'inner.js'}, {item, text}),
  (inner, item) => agent('last ' + item + ' of ' + inner.both, {tools: []}),
)`;

export const NESTED: Workload = {
  name: 'nested',
  about: 'a `pipeline` of 6 items whose middle stage is a nested `workflow()` with three calls',
  without: NO_HEAPS,
  build: (surroundings) => scriptRun(surroundings, { file: 'nested.js', source: SOURCE, reads: true }),
  rule: (request) => `<${promptOf(request)}>`,
};
