import { promptOf } from '../../testing/provider/index.ts';
import { NO_HEAPS, scriptRun, type Workload } from './workload.ts';

const SOURCE = `export const meta = {name: 'fan-out', description: 'thirty structured answers at once, and one on top'}
const schema = {
  type: 'object',
  properties: {n: {type: 'integer'}, words: {type: 'array', items: {type: 'string'}}},
  required: ['n', 'words'],
}
phase('Fan')
const rows = await parallel(Array.from({length: 30}, (_, i) => () => agent('row ' + i, {schema, label: 'row ' + i})))
phase('Sum')
const sum = rows.reduce((total, row) => total + row.n, 0)
return {rows, sum, said: await agent('in words: ' + sum)}`;

/** Every fifth row fits its schema only when it was told what is wrong. */
export const FAN_OUT: Workload = {
  name: 'fan-out',
  about: '30 agents with a schema in `parallel`, 6 of which need a repair, and one after them',
  without: NO_HEAPS,
  build: (surroundings) => scriptRun(surroundings, { file: 'fan-out.js', source: SOURCE }),
  rule: (request) => {
    const prompt = promptOf(request);
    const n = Number(/^row (\d+)$/.exec(prompt)?.[1]);
    if (Number.isNaN(n)) return `<${prompt}>`;
    const isRepaired = request.messages.some(({ role }) => role === 'assistant');
    if (n % 5 === 0 && !isRepaired) return { submit: { n: 'many', words: [] } };
    return { submit: { n: n * n, words: [`row ${n}`, 'x'.repeat(n * 10)] } };
  },
};
