import { promptOf } from '../../testing/provider/index.ts';
import { NO_HEAPS, scriptRun, type Workload } from './workload.ts';

const SOURCE = `export const meta = {name: 'long', description: 'a script that goes on in several executions'}
phase('Fan')
const fan = await parallel(Array.from({length: 14}, (_, i) => () => agent('fan ' + i)))
phase('Walk')
const walked = await pipeline([1, 2, 3, 4], (n) => agent('a' + n), (text, n) => agent(text + ' then b' + n))
const dice = [random(), random()]
await sleep(300)
const steps = []
for (let i = 0; i < 16; i++) { steps.push(await agent('step ' + i + ' after ' + (steps.at(-1) ?? 'none').length)); if (i === 5) log('at five') }
return {fan, walked, dice, steps, spent: budget.calls.spent()}`;

export const LONG: Workload = {
  name: 'long',
  about: 'a script that continues as new every 60 events: a fan-out, a pipeline, a timer, 16 calls one by one',
  without: NO_HEAPS,
  build: (surroundings) => scriptRun(surroundings, { file: 'long.js', source: SOURCE, continueEvents: 60 }),
  rule: (request) => `<${promptOf(request)}>`,
};
