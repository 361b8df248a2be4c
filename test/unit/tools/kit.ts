import type { ToolResponse } from '../../../protocol/activities.ts';
import type { Json } from '../../../protocol/json.ts';
import { TOOLS } from '../../../activities/tools/index.ts';
import { ensureSnapshot } from '../../../activities/workspace/ensure.ts';
import { keyOf, NEVER, tempFolder, tempStore, type Tree } from '../workspace/kit.ts';

export type Call = (tool: string, input?: Json, signal?: AbortSignal) => Promise<ToolResponse>;

/** Tool calls over a snapshot of `root`, taken now. */
export async function callsOver(root: string, base: string | null = null): Promise<Call> {
  const store = tempStore();
  const snapshot = await ensureSnapshot(store, keyOf(root, 'run', base), NEVER);
  return (name, input = {}, signal = NEVER) => {
    const tool = TOOLS[name];
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return tool.run(input, { snapshot, home: store.home, signal });
  };
}

export function callsOn(tree: Tree): Promise<Call> {
  return callsOver(tempFolder(tree));
}

export async function outputOf(answer: Promise<ToolResponse>): Promise<string> {
  const { output, isError } = await answer;
  if (isError) throw new Error(`tool answered with an error: ${output}`);
  return output;
}
