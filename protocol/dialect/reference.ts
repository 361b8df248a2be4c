/** The dialect in one page, for a model that writes scripts. */
import { READ_TOOLS } from '../tool-names.ts';
import { DIALECT_FUNCTIONS } from './functions.ts';
import { AGENT_OPTIONS, RLM_OPTIONS } from './options.ts';
import { DIALECT_EXAMPLE, DIALECT_LIMITS, DIALECT_RULES } from './rules.ts';

export function dialectReference(): string {
  return [
    '# Scripts of Braid',
    'A script is a small program that schedules agents. It runs durably in a sandbox; these functions are globals:',
    list(DIALECT_FUNCTIONS.map(({ signature, use }) => `\`${signature.replace(/ \{$|<\{$/, '')}\` ${use}`)),
    '## Options of agent()',
    list(told(AGENT_OPTIONS)),
    `Of rlm() also: ${told(RLM_OPTIONS.filter(({ name }) => !AGENT_OPTIONS.some((option) => option.name === name))).join('; ')}.`,
    `Read tools: ${READ_TOOLS.join(', ')}. An agent changes files only when its tools name edit, write, delete or bash (beside the read tools it needs); its result then has \`.patch\`. The folder of the user is never touched.`,
    '## Rules',
    list(DIALECT_RULES),
    '## Limits',
    list(DIALECT_LIMITS.map(({ what, value }) => `${value.toLocaleString('en')} ${what}`)),
    '## Example',
    `\`\`\`js\n${DIALECT_EXAMPLE}\`\`\``,
  ].join('\n\n');
}

function told(options: typeof AGENT_OPTIONS): string[] {
  return options
    .filter(({ meaning }) => meaning !== '')
    .map(({ name, type, meaning }) => `\`${name}\` (${type}): ${meaning}`);
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
