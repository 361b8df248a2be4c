import { resolve } from 'node:path';
import type { ToolModule } from '../../protocol/run-input.ts';
import type { BraidConfig } from './config.ts';

/** Functions of the configuration that programs may call, or null. The worker loads them from the same file. */
export function toolModuleOf(
  { values, file }: { values: BraidConfig; file: string | null },
  cwd: string,
): ToolModule | null {
  const tools = Object.entries(values.rlm?.tools ?? {});
  if (file === null || tools.length === 0) return null;
  return { file: resolve(cwd, file), tools: tools.map(([name, { description }]) => ({ name, description })) };
}
