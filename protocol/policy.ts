/**
 * What agents' tools with effects may do: rules of the configuration, judged where replay gives the same answer.
 *
 *  P1  The first rule that matches decides; what no rule names falls to the default of its kind of tool.
 *  P2  An allowing rule must match every reading of an input (as written, and as it will be understood), a denying or asking one any of
 *      them: `src/*` allows no `src/../key`, and denying `key` denies `./src/../key`.
 *  P3  A pattern over a shell command speaks of one simple command. As soon as such a pattern was compared with anything else (`;`, `&&`,
 *      `$(…)`, a line break, a redirection …), the answer is never `allow`, whatever stands below it.
 *  P4  Judging takes time in proportion to pattern times input, and both are bounded: longer inputs are matched by no pattern, and asked for.
 */
import { POLICY } from './limits.ts';
import { isJsonObject, type Json } from './json.ts';
import { readSimpleCommand } from './simple-command.ts';

export type Verdict = 'allow' | 'ask' | 'deny';

/** In patterns `*` stands for any text, also for none, for `/` and for line breaks; nothing else is special. */
export interface PolicyRule {
  tool: string;
  /** Member of the tool's input → pattern; all must match. What is no text is compared as JSON. */
  input?: { [name: string]: string };
  /** Pattern of the agent definition's name; an agent without one has the name ''. */
  agent?: string;
  /** The rule is for agents that stand at least so deep in the tree: 1 is an agent that the run's own script calls. */
  depth?: number;
  then: Verdict;
}

export interface PolicyCall {
  tool: string;
  input: Json;
  /** Name of the agent's definition, or null. */
  agent: string | null;
  depth: number;
}

export interface Decision {
  verdict: Verdict;
  /** Which rule, from 1; null: the default. */
  rule: number | null;
  /** For people and models. */
  why: string;
}

/** Tools that only touch the agent's own overlay. */
export const OVERLAY_TOOLS: readonly string[] = ['edit', 'write', 'delete'];
const COMMAND = 'command';

export function decide(rules: readonly PolicyRule[], call: PolicyCall): Decision {
  let unsure = false;
  for (const [at, rule] of rules.entries()) {
    if (!isFor(rule, call)) continue;
    const found = compare(rule, call);
    unsure ||= found === 'unsure';
    if (found === 'yes') return settled(rule.then, at + 1, unsure);
  }
  return settled(defaultOf(call.tool), null, unsure);
}

/** Without a rule: overlays are private, own functions were written and handed out by the user, all else is asked for. */
function defaultOf(tool: string): Verdict {
  return tool === 'bash' || tool.startsWith('mcp__') ? 'ask' : 'allow';
}

/** P3, P4. */
function settled(verdict: Verdict, rule: number | null, unsure: boolean): Decision {
  if (verdict === 'allow' && unsure) {
    const why = 'a pattern of the policy is for one simple command, and this is more than that';
    return { verdict: 'ask', rule, why };
  }
  return { verdict, rule, why: rule === null ? 'no rule of the policy names it' : `rule ${rule} of the policy` };
}

function isFor({ tool, agent, depth }: PolicyRule, call: PolicyCall): boolean {
  if (!matches(tool, call.tool)) return false;
  if (agent !== undefined && !matches(agent, call.agent ?? '')) return false;
  return depth === undefined || call.depth >= depth;
}

function compare({ input = {}, then }: PolicyRule, call: PolicyCall): 'yes' | 'no' | 'unsure' {
  let unsure = false;
  for (const [name, pattern] of Object.entries(input)) {
    const value = isJsonObject(call.input) && Object.hasOwn(call.input, name) ? call.input[name] : undefined;
    if (value === undefined) return 'no';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const readings = text.length > POLICY.inputChars ? null : readingsOf(call.tool, name, text);
    if (readings === null) unsure = true;
    if (then === 'allow') {
      if (readings === null || !readings.every((reading) => matches(pattern, reading))) return unsure ? 'unsure' : 'no';
    } else if (!(readings ?? [text.slice(0, POLICY.inputChars)]).some((reading) => matches(pattern, reading))) {
      return unsure ? 'unsure' : 'no';
    }
  }
  return 'yes';
}

/** The ways in which a member of an input can be read (P2); null: nobody can tell from its text what it does (P3). */
function readingsOf(tool: string, name: string, text: string): string[] | null {
  if (tool === 'bash' && name === COMMAND) {
    const words = readSimpleCommand(text);
    if (words === null) return null;
    const [program = '', ...rest] = words;
    const readings = [text.trim().replace(/[ \t]+/g, ' '), words.join(' ')];
    // `/bin/rm x` is `rm x`; and a pattern with the whole path means that path.
    return program.includes('/')
      ? [...readings, [program.slice(program.lastIndexOf('/') + 1), ...rest].join(' ')]
      : readings;
  }
  return OVERLAY_TOOLS.includes(tool) && name === 'path' ? [text, plainPath(text)] : [text];
}

/** Without `.`, `..` and doubled slashes; what leads out of the workspace keeps its `..`. */
function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** Whether a pattern covers a whole text. Without regular expressions, which can take for ever (P4). */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      from = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
