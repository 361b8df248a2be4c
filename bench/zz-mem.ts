import { startTestServer } from '../test/kit/temporal.ts';
import { measureMemory } from './memory.ts';
const server = await startTestServer();
for (const side of ['empty', 'script'] as const) { const t = performance.now(); console.log(side, await measureMemory(server.address, side, 200), (performance.now() - t).toFixed(0)); }
await server.stop(); process.exit(0);
