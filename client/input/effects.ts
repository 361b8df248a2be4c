import path from 'node:path';
import type { EffectSettings, OfferedTool, ToolSources } from '../../protocol/effects.ts';
import { BraidError } from '../../protocol/errors.ts';
import { SHELL } from '../../protocol/limits.ts';
import { matches, OVERLAY_TOOLS, type PolicyRule } from '../../protocol/policy.ts';
import { schemaProblem } from '../../protocol/schema-check.ts';
import { AGENT_TOOLS, CALL_TOOLS, DESCRIBE_TOOL, normalizeTools, READ_TOOLS } from '../../protocol/tool-names.ts';
import type { BraidConfig } from './config.ts';

/** Places inside a sandbox that are its own. */
const TAKEN = ['/dev', '/etc', '/proc', '/run', '/sys', '/tmp', '/workspace'];

/**
 * What of the configuration governs tools with effects, for the run's input; nothing when it says nothing.
 *
 * @throws BraidError BRAID_CONFIG for a rule that can never matter, and for a path that cannot be shown.
 */
export function effectSettings(
  { values, file }: { values: Pick<BraidConfig, 'policy' | 'shell' | 'mcp' | 'rlm'>; file: string | null },
  cwd: string,
): { effects?: EffectSettings } {
  const { policy, shell } = values;
  const where = file ?? 'the configuration';
  const tools = file === null ? null : toolSources(values, where, path.resolve(cwd, file));
  if (policy === undefined && shell === undefined && tools === null) return {};
  const own = tools?.own.map(({ name }) => name) ?? [];
  const rules = (policy ?? []).map((rule, at) => ruleOf(rule, own, `${where}: policy.${at}`));
  const readOnly = (shell?.readOnly ?? []).map((place) => shownPath(place, `${where}: shell.readOnly`));
  const { network = false, seconds = SHELL.seconds } = shell ?? {};
  return { effects: { rules, shell: { network, readOnly, seconds }, ...(tools === null ? {} : { tools }) } };
}

/** Without members that are undefined: it becomes JSON, and is compared as that. */
function ruleOf(
  { tool, input, agent, depth, then }: NonNullable<BraidConfig['policy']>[number],
  own: string[],
  where: string,
): PolicyRule {
  const governed = ['bash', ...OVERLAY_TOOLS, ...CALL_TOOLS, ...own];
  if (!tool.startsWith('mcp__') && !governed.some((name) => matches(tool, name))) {
    const reads = READ_TOOLS.some((name) => matches(tool, name));
    const why = reads ? 'tools that only read need no rule, they are always allowed' : 'there is no such tool';
    throw new BraidError('BRAID_CONFIG', `${where}.tool: ${JSON.stringify(tool)} has no effect: ${why}.`, {
      fix: `Rules are for ${governed.join(', ')} and mcp__SERVER__TOOL; * stands for any text.`,
    });
  }
  return {
    tool,
    ...(input === undefined ? {} : { input }),
    ...(agent === undefined ? {} : { agent }),
    ...(depth === undefined ? {} : { depth }),
    then,
  };
}

/** Null when the configuration adds no tools for agents. */
function toolSources({ mcp, rlm }: Pick<BraidConfig, 'mcp' | 'rlm'>, where: string, file: string): ToolSources | null {
  const servers = Object.keys(mcp ?? {});
  const own = Object.entries(rlm?.tools ?? {}).flatMap(([name, { description, input }]) =>
    input === undefined ? [] : [ownTool({ name, description, inputSchema: input }, `${where}: rlm.tools.${name}`)],
  );
  return servers.length === 0 && own.length === 0 ? null : { file, own, servers };
}

function ownTool(tool: OfferedTool, where: string): OfferedTool {
  const { tools, unknown } = normalizeTools([tool.name], AGENT_TOOLS);
  const taken =
    tools.length > 0 ||
    unknown.length === 0 ||
    ['submit', 'run', DESCRIBE_TOOL].includes(tool.name) ||
    tool.name.startsWith('mcp__');
  if (taken)
    throw new BraidError(
      'BRAID_CONFIG',
      `${where}: ${tool.name} is a tool of Braid's; give the function another name.`,
    );
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tool.name))
    throw new BraidError('BRAID_CONFIG', `${where}: models take names of up to 64 letters, digits and _.`);
  const problem = schemaProblem(tool.inputSchema);
  if (problem !== null) throw new BraidError('BRAID_CONFIG', `${where}.input cannot be used: ${problem}.`);
  return tool;
}

function shownPath(place: string, where: string): string {
  const plain = path.posix.normalize(place).replace(/(?<=.)\/$/, '');
  const why = pathProblem(plain);
  if (why === null) return plain;
  throw new BraidError('BRAID_CONFIG', `${where}: ${JSON.stringify(place)} cannot be shown to commands: ${why}.`);
}

/** `place` is normal: only its first part can be `..`. */
function pathProblem(place: string): string | null {
  if (/[\u0000-\u001f\u007f]/.test(place)) return 'it holds control characters';
  if (place === '/') return 'the whole machine is never shown';
  if (!place.startsWith('/')) return /^\.\.?(?:\/|$)/.test(place) ? 'it leads out of the workspace' : null;
  const taken = TAKEN.find((folder) => place === folder || place.startsWith(`${folder}/`));
  return taken === undefined ? null : `${taken} is the sandbox's own`;
}
