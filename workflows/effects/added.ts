/** Names of tools that the configuration adds. */
import type { ToolSources } from '../../protocol/effects.ts';

/** Whether a name stands for tools that the configuration adds: a function of the user's, or `mcp__SERVER__TOOL`, in which `*` stands for any text. */
export function isAdded(name: string, sources: ToolSources | undefined): boolean {
  if (sources === undefined) return false;
  return sources.own.some((tool) => tool.name === name) || serversOf([name], sources).length > 0;
}

/** Servers whose tools these names may stand for. */
export function serversOf(names: readonly string[], { servers }: ToolSources): string[] {
  return servers.filter((server) => names.some((name) => name.startsWith(`mcp__${server}__`)));
}
