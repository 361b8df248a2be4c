import { parseDocument } from 'yaml';
import type { AgentDefinition } from '../../protocol/run-input.ts';
import { AGENT_TOOLS, normalizeTools } from '../../protocol/tool-names.ts';

export type ParsedAgent =
  | { ok: true; agent: AgentDefinition; unknownTools: string[] }
  /** `line` counts from 1 in the whole file. */
  | { ok: false; line: number; problem: string };

const FRONT_MATTER = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n?---[ \t]*(?:\r?\n|$)/;

/** Parses `NAME.md`: YAML front matter, then the system prompt. `fallbackName` serves when the front matter has no name. */
export function parseAgentFile(text: string, fallbackName: string, source: string): ParsedAgent {
  const match = FRONT_MATTER.exec(text);
  if (match === null)
    return { ok: false, line: 1, problem: 'it does not begin with front matter between two --- lines' };
  const front = parseFrontMatter(match[1] ?? '');
  if (!front.ok) return front;
  const { name = fallbackName, description, model, tools } = front.fields;
  if (typeof name !== 'string' || !NAME.test(name)) return { ok: false, line: 2, problem: 'its name is no short text' };
  const listed = toolNames(tools);
  if (listed === undefined) return { ok: false, line: 2, problem: 'its tools are neither a list of names nor a text' };
  const normal = listed === null ? { tools: null, unknown: [] } : normalizeTools(listed, AGENT_TOOLS);
  // Whether the run has the server is seen when the agent is called.
  const added = normal.unknown.filter((tool) => tool.startsWith('mcp__'));
  return {
    ok: true,
    unknownTools: normal.unknown.filter((tool) => !added.includes(tool)),
    agent: {
      name,
      description: typeof description === 'string' ? description : '',
      prompt: text.slice(match[0].length).trim(),
      model: typeof model === 'string' && model !== '' && model !== 'inherit' ? model : null,
      tools: normal.tools === null ? null : [...normal.tools, ...added],
      source,
    },
  };
}

/** Names become keys of an object and text on a terminal. */
const NAME = /^(?!__proto__$)[^\u0000-\u001f\u007f-\u009f]{1,100}$/;

type FrontMatter = { ok: true; fields: { [key: string]: unknown } } | { ok: false; line: number; problem: string };

function parseFrontMatter(yaml: string): FrontMatter {
  const first = tryYaml(yaml);
  if (first.ok) return first;
  // Descriptions with a colon and no quotes are broken YAML that is common in the wild, and what they mean is plain.
  const quoted = yaml.replace(
    /^(description:[ \t]*)([^"'|>\s].*)$/m,
    (_all, key: string, text: string) => key + JSON.stringify(text.trim()),
  );
  const second = quoted === yaml ? first : tryYaml(quoted);
  return second.ok ? second : first;
}

function tryYaml(yaml: string): FrontMatter {
  try {
    const document = parseDocument(yaml, { logLevel: 'silent', schema: 'core', uniqueKeys: true });
    const [error] = document.errors;
    if (error !== undefined) {
      const line = (error.linePos?.[0].line ?? 1) + 1;
      return {
        ok: false,
        line,
        problem: `its front matter is broken: ${error.message.split('\n')[0]?.replace(/ at line.*$/, '')}`,
      };
    }
    // A bomb of aliases throws here.
    const value: unknown = document.toJS({ maxAliasCount: 50 });
    if (value === null) return { ok: true, fields: {} };
    if (typeof value !== 'object' || Array.isArray(value))
      return { ok: false, line: 2, problem: 'its front matter is no list of key: value' };
    return { ok: true, fields: value as { [key: string]: unknown } };
  } catch (error) {
    return {
      ok: false,
      line: 2,
      problem: `its front matter is broken: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** null: not said, so all read tools; undefined: not understood. */
function toolNames(tools: unknown): string[] | null | undefined {
  if (tools === undefined || tools === null) return null;
  const list: unknown[] = typeof tools === 'string' ? tools.split(',') : Array.isArray(tools) ? tools : [undefined];
  if (!list.every((name) => typeof name === 'string')) return undefined;
  return list.map((name) => name.trim()).filter((name) => name !== '');
}
