/**
 * Writes docs/errors.md from protocol/error-table.ts: node scripts/docs-errors.mjs [--check]
 *
 * With `--check` nothing is written; a page that is not what the table gives ends with 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ERRORS } from '../protocol/error-table.ts';

const file = path.join(import.meta.dirname, '../docs/errors.md');

/** Title → the codes under it. The first pattern that fits takes a code. */
const GROUPS = [
  ['Command line and configuration', /^BRAID_(USAGE|ARGS_JSON|FILE_MISSING|CONFIG)$/],
  [
    'Scripts',
    /^BRAID_(SCRIPT_|PLAN_|OPTION|NOT_AVAILABLE|AGENT_UNKNOWN|WORKFLOW_UNKNOWN|SCHEMA_INVALID|TOO_MANY_ITEMS)/,
  ],
  ['Recursive language models', /^BRAID_(CONTEXT_|CELL_|CRASH_LOOP|REPL_|TOOL_)/],
  ['The sandbox', /^BRAID_SANDBOX_/],
  ['Limits of a run', /^BRAID_(BUDGET_EXHAUSTED|PRICE_UNKNOWN|DEPTH|TIME|HISTORY_FULL)$/],
  ['People', /^BRAID_(GATE|ANSWER)_/],
  ['One call', /^BRAID_CALL_/],
  ['Tools with effects', /^BRAID_(POLICY_|SHELL_|EFFECT_|MCP_)/],
  ['Models and providers', /^BRAID_(MODEL|PROVIDER)_/],
  ['Workspace and store', /^BRAID_(WORKSPACE_|GIT|BLOB_|STORE|PATH_|EDIT_|FILE_|OVERLAY_)/],
  ['Server and workers', /^BRAID_(SERVER_|NO_WORKER|ENGINE_UNKNOWN)/],
  ['Runs', /^BRAID_(RUN_|JOURNAL|ITEM_|EXPORT|PATCH_)/],
  ['Braid itself', /^BRAID_INTERNAL$/],
];

const INTRO = `# Errors

<!-- Written by scripts/docs-errors.mjs from protocol/error-table.ts. Change the table, then type: node scripts/docs-errors.mjs -->

An error has a code, a message with what happened and the value it happened to, and a fix: the next thing to type or edit.
Codes are for ever; messages may change. A message may name a better fix than the general one below.

| blame | who has to change something |
| --- | --- |
| script | the author of the script |
| user | who typed the command or configured it |
| provider | the model's provider, or the choice of model |
| limit | nobody, or whoever set the limit |
| infrastructure | who runs server, worker and store |
| braid | Braid: please report it |

*Retry* says whether the same request may succeed later without a change.

| where an error shows | how |
| --- | --- |
| on the terminal | code, place in the script, message, code frame, fix, on stderr |
| \`-o json\` | \`error\` of the object: \`code\`, \`message\`, \`fix\`, \`line\`, \`column\`, \`frame\` |
| calls without a value | \`outcomes\` of the object: \`address\`, \`label\`, \`phase\`, \`reason\`, \`code\`, \`message\`, \`model\`, \`attempts\` |
| in a script | \`error.code\` of what a hook throws; \`agentResult()\` gives \`{ok, reason, error}\` instead |
| in a program | \`BraidError\` of \`braid/client\`; test with \`isBraidError(error, code)\` |

| exit code | meaning |
| --- | --- |
| 0 | completed; also with failed calls, unless \`--strict\` |
| 1 | the run failed; with \`--strict\` also a call without a value |
| 2 | wrong usage, or a script that fails its check |
| 3 | stopped at a limit, with a partial result |
| 4 | no server, or no usable provider or model |
| 130 | cancelled or interrupted |
`;

main();

function main() {
  const page = pageOf(Object.entries(ERRORS));
  if (!process.argv.includes('--check')) return writeFileSync(file, page);
  if (readFileSync(file, 'utf8') === page) return;
  console.error('docs/errors.md is not what protocol/error-table.ts gives. Type: node scripts/docs-errors.mjs');
  process.exitCode = 1;
}

function pageOf(entries) {
  const sections = GROUPS.map(([title]) => ({ title, rows: [] }));
  for (const [code, spec] of entries) {
    const at = GROUPS.findIndex(([, pattern]) => pattern.test(code));
    if (at === -1) throw new Error(`${code} fits no group of scripts/docs-errors.mjs`);
    sections[at].rows.push(rowOf(code, spec));
  }
  const head = '| code | when | blame | retry | fix |\n| --- | --- | --- | --- | --- |';
  return [INTRO, ...sections.map(({ title, rows }) => `## ${title}\n\n${head}\n${rows.join('\n')}\n`)].join('\n');
}

/** The anchor lets other pages link to one code. */
function rowOf(code, { when, blame, retryable, fix }) {
  const cells = [`<a id="${code.toLowerCase()}"></a>\`${code}\``, when, blame, retryable ? 'yes' : 'no', fix];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
