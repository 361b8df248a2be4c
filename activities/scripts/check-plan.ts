/** The `checkPlan` activity: what is wrong with a script that a model wrote, in words for that model. */
import type { BraidActivities } from '../../protocol/activities.ts';
import { isBraidError, type BraidError } from '../../protocol/errors.ts';
import { PLAN } from '../../protocol/limits.ts';
import type { PlanCheck, PlanCheckRequest } from '../../protocol/plan.ts';
import { AGENT_TOOLS, normalizeTools } from '../../protocol/tool-names.ts';
import { outlineOf, type Outline, type Site } from '../../sandbox/plan/index.ts';
import { findSavedScript } from '../../store/saved-scripts.ts';

/** `home` is where the user's saved workflows are looked up; the machine's home folder when absent. */
export function createCheckPlan(options: { home?: string } = {}): BraidActivities['checkPlan'] {
  return (_tag, request) => check(request, options.home);
}

async function check(request: PlanCheckRequest, home: string | undefined): Promise<PlanCheck> {
  try {
    const outline = outlineOf(request.script, {
      file: 'script.js',
      args: undefined,
      unknownArgs: true,
      maxOutputTokens: null,
    });
    const unknown = await Promise.all(outline.sites.map((site) => unknownWorkflow(site, request, home)));
    const problems = [...unknown.filter((problem) => problem !== null), ...idle(outline)];
    return { problems: problems.slice(0, PLAN.problems), notes: notesOf(outline, request).slice(0, PLAN.problems) };
  } catch (error) {
    if (!isBraidError(error)) throw error;
    return { problems: [problemOf(error)], notes: [] };
  }
}

function problemOf({ code, message, fix, at }: BraidError): string {
  const frame = at?.frame === undefined ? '' : `\n${at.frame}`;
  return `${code}: ${message}${frame}${fix === undefined ? '' : `\n${fix}`}`;
}

/** Of its names only those that stand in the source. */
async function unknownWorkflow(
  site: Site,
  { workspace }: PlanCheckRequest,
  home: string | undefined,
): Promise<string | null> {
  const { kind, label, line } = site;
  if (kind !== 'workflow' || label === null || /[…/\\]|\.[cm]?js$/.test(label)) return null;
  const places = { projects: workspace === null ? [] : [workspace.root], ...(home === undefined ? {} : { home }) };
  try {
    await findSavedScript(label, places);
    return null;
  } catch (error) {
    return isBraidError(error) ? `Line ${line}: ${error.code}: ${error.message}` : null;
  }
}

/** A script that leaves nothing to agents is no plan: a model that has nothing to say writes such. */
function idle({ sites }: Outline): string[] {
  const calls = sites.some(({ kind }) => kind === 'agent' || kind === 'rlm' || kind === 'workflow' || kind === 'call');
  return calls ? [] : ['The script calls no agent.'];
}

function notesOf({ warnings, sites }: Outline, { agents }: PlanCheckRequest): string[] {
  return [
    ...warnings.filter((warning) => !warning.includes('code fence')),
    ...sites.flatMap((site) => oddNames(site, agents)),
  ];
}

function oddNames({ line, agentType, tools }: Site, agents: readonly string[]): string[] {
  const known =
    agentType === null || agentType.includes('…') || agentType === '?' || agents.some((name) => same(name, agentType));
  const { unknown } = normalizeTools(tools?.filter((tool) => tool !== '?') ?? [], AGENT_TOOLS);
  return [
    ...(known
      ? []
      : [`Line ${line}: there is no saved agent ${JSON.stringify(agentType)}. There are: ${agents.join(', ')}.`]),
    ...(unknown.length === 0
      ? []
      : [`Line ${line}: there is no tool ${unknown.join(', ')}. There are: ${AGENT_TOOLS.join(', ')}.`]),
  ];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
