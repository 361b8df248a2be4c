/**
 * Agent definitions of a run: `.braid/agents/NAME.md` and `.claude/agents/NAME.md` of the workspace and of the user's home.
 *
 *  G1  Nearest wins, in the order of saved workflows; a file wins over a built-in type of the same name.
 *  G2  A broken, huge or hostile file costs a warning and nothing else.
 *  G3  What a run carries is bounded (AGENT_FILES).
 */
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_AGENTS } from '../../protocol/built-in-agents.ts';
import { AGENT_FILES, KIB } from '../../protocol/limits.ts';
import type { AgentDefinition } from '../../protocol/run-input.ts';
import { isInside } from '../../store/inside.ts';

export interface LoadedAgents {
  agents: { [name: string]: AgentDefinition };
  warnings: string[];
}

interface Collector {
  agents: Map<string, AgentDefinition>;
  warnings: string[];
  /** Tool names that nobody knows → the agents that list them: one warning for all. */
  unknownTools: Map<string, string[]>;
  bytes: number;
}

/** `project` is the workspace's root, or null without one. */
export async function loadAgents(project: string | null, home: string): Promise<LoadedAgents> {
  const found: Collector = { agents: new Map(), warnings: [], unknownTools: new Map(), bytes: 0 };
  for (const { folder, shown, within } of foldersOf(project, home)) {
    const files = await readdir(folder).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.md')).sort()) {
      await addFile(found, {
        path: join(folder, file),
        shown: `${shown}/${file}`,
        within,
        name: file.slice(0, -'.md'.length),
      });
    }
  }
  for (const agent of Object.values(BUILT_IN_AGENTS))
    if (!found.agents.has(agent.name)) found.agents.set(agent.name, agent);
  return {
    agents: Object.fromEntries(found.agents),
    warnings: [...found.warnings, ...toolWarning(found.unknownTools)],
  };
}

function foldersOf(project: string | null, home: string): { folder: string; shown: string; within: string | null }[] {
  return ['.braid', '.claude'].flatMap((kind) => [
    ...(project === null || project === home
      ? []
      : [{ folder: join(project, kind, 'agents'), shown: `${kind}/agents`, within: project }]),
    { folder: join(home, kind, 'agents'), shown: `~/${kind}/agents`, within: null },
  ]);
}

interface AgentFile {
  path: string;
  shown: string;
  within: string | null;
  name: string;
}

async function addFile(found: Collector, file: AgentFile): Promise<void> {
  const text = await readBounded(found, file);
  if (text === null) return;
  // Late: most projects have no definitions, and loading the YAML parser is slow.
  const { parseAgentFile } = await import('./agent-file.ts');
  const parsed = parseAgentFile(text, file.name, file.shown);
  if (!parsed.ok) {
    found.warnings.push(`${file.shown}:${parsed.line}: the agent was skipped: ${parsed.problem}.`);
    return;
  }
  if (found.agents.has(parsed.agent.name)) return;
  found.agents.set(parsed.agent.name, parsed.agent);
  found.bytes += Buffer.byteLength(text);
  for (const tool of parsed.unknownTools) {
    found.unknownTools.set(tool, [...(found.unknownTools.get(tool) ?? []), parsed.agent.name]);
  }
}

async function readBounded(found: Collector, { path, shown, within }: AgentFile): Promise<string | null> {
  try {
    const real = await realpath(path);
    // A workspace may be somebody else's: its links must not make a file of the user part of a prompt.
    if (within !== null && !isInside(await realpath(within), real))
      return skip(found, shown, 'it is a link that leads out of the workspace');
    const info = await stat(real);
    if (!info.isFile()) return null;
    if (info.size > AGENT_FILES.bytes) return skip(found, shown, `it has more than ${AGENT_FILES.bytes / KIB} KiB`);
    if (found.agents.size >= AGENT_FILES.count || found.bytes + info.size > AGENT_FILES.totalBytes) {
      return skip(found, shown, 'the run has too many definitions already');
    }
    return await readFile(real, 'utf8');
  } catch (error) {
    return skip(found, shown, `it cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

function skip(found: Collector, shown: string, why: string): null {
  found.warnings.push(`${shown}: the agent was skipped: ${why}.`);
  return null;
}

function toolWarning(unknown: Map<string, string[]>): string[] {
  if (unknown.size === 0) return [];
  const tools = [...unknown.keys()].sort();
  const agents = [...new Set([...unknown.values()].flat())].sort();
  return [
    `Agent definitions list tools that Braid does not have: ${short(tools)} (in ${short(agents)}). They go without.`,
  ];
}

function short(names: string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
