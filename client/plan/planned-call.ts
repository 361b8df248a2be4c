/** A place of a script that calls something, with the models and tools that the run would give it. */
import type { Json } from '../../protocol/json.ts';
import type { AgentDefinition, RunLimits } from '../../protocol/run-input.ts';
import { READ_TOOLS } from '../../protocol/tool-names.ts';
import type { Amount, Site } from '../../sandbox/plan/index.ts';

/** Amounts are sums of `times` × each of `of`, which nobody knows before the run. */
export interface PlannedCall extends Pick<
  Site,
  'kind' | 'line' | 'column' | 'label' | 'agentType' | 'schema' | 'items' | 'stages'
> {
  /** Depth below `parallel` and `pipeline`. */
  level: number;
  amounts: Amount[];
  /** False: it may be fewer. */
  exact: boolean;
  /** `provider/model`; null: the run's, and none is named; `?`: computed. */
  model: string | null;
  /** Null: computed. */
  tools: string[] | null;
}

/** What the run of a script would have. */
export interface EstimateOptions {
  file: string;
  args: Json | undefined;
  limits: RunLimits;
  /** Null: none is named. */
  model: string | null;
  aliases: { [name: string]: string };
  agents: { [name: string]: AgentDefinition };
  workspace: boolean;
  /** The source of a saved workflow; null: there is none. */
  saved: (name: string) => string | null;
}

/** `all` are the sites of the same script. */
export function plannedOf(site: Site, all: readonly Site[], options: EstimateOptions): PlannedCall {
  const { kind, line, column, label, agentType, schema, items, stages, amounts, exact } = site;
  const definition = definitionOf(site, options);
  const own = site.tools ?? definition?.tools ?? (options.workspace ? [...READ_TOOLS] : []);
  return {
    ...{ kind, line, column, label, agentType, schema, items, stages, exact },
    level: levelOf(site, all),
    amounts: amounts.filter(({ times }) => times > 0),
    model: modelOf(site.model ?? definition?.model ?? null, options),
    tools: own.includes('?') ? null : own,
  };
}

/** The agent definition that a call names, by its option or by `call()`. */
export function definitionOf({ kind, label, agentType }: Site, { agents }: EstimateOptions): AgentDefinition | null {
  const wanted = kind === 'call' ? label?.replace(/^agent:/, '') : agentType;
  const found = Object.values(agents).find(({ name }) => name.toLowerCase() === wanted?.toLowerCase());
  return found ?? null;
}

function modelOf(named: string | null, { model, aliases }: EstimateOptions): string | null {
  if (named === null || named === 'inherit') return model;
  return aliases[named] ?? (/[/?…]/.test(named) ? named : model);
}

function levelOf(site: Site, all: readonly Site[]): number {
  const around = site.group === null ? undefined : all.find(({ id }) => id === site.group);
  return around === undefined || around.id === site.id ? 0 : levelOf(around, all) + 1;
}
