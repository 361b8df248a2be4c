/**
 * The common job with `ai-rlm`: node ai-rlm.mjs URL TEXT_FILE MODEL… prints {"version", "ms": […]} as its last line. The package
 * is looked for where the command is typed; it brings the AI SDK's provider of its own version.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [url, file, ...models] = process.argv.slice(2);
// Read as a file: the package exports nothing to `require`, and an import would look beside this script.
const folder = join(process.cwd(), 'node_modules/ai-rlm');
const { main, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const entry = join(folder, main);
const beside = createRequire(entry);
const load = (path) => import(pathToFileURL(path).href);
const { RLMAgent } = await load(entry);
const { createOpenAI } = await load(beside.resolve('@ai-sdk/openai'));
const openai = createOpenAI({ baseURL: url, apiKey: 'bench' });
const context = readFileSync(file, 'utf8');
const ms = [];
for (const name of models) {
  const model = openai.chat(name);
  const agent = new RLMAgent({ model, subModel: model, maxIterations: 10, maxLLMCalls: 50 });
  const startedAt = performance.now();
  const { text } = await agent.generate({ prompt: 'How much is there?', options: { context } });
  ms.push(performance.now() - startedAt);
  if (text.trim() !== name.split('.')[1]) throw new Error(`ai-rlm answered ${JSON.stringify(text)}`);
}
process.stdout.write(`\n${JSON.stringify({ version, ms })}\n`);
process.exit(0);
