/** The script of a planner: a run whose every try, check and repair stands in its history, so that it survives its worker. */
import { CHECK_PLAN } from '../../protocol/plan.ts';

export const PLANNER_NAME = 'plan';

/** A try is one request: an answer that is no script counts as one as well. */
export const PLANNER_SCRIPT = `export const meta = { name: '${PLANNER_NAME}', description: 'Writes a script for a task', phases: [{ title: 'Plan' }] }

const SCHEMA = {
  type: 'object',
  properties: { script: { type: 'string', description: 'the whole script, JavaScript without a code fence' } },
  required: ['script'],
}
let last = { script: null, problems: [], notes: [] }
let fit = null
let tries = 0

const repair = () => {
  if (tries === 0) return ''
  const before = last.script === null ? '' : '\\n\\nYour script before:\\n\\n' + last.script
  return before + '\\n\\nIt was not accepted:\\n- ' + [...last.problems, ...last.notes].join('\\n- ') + '\\n\\nGive the whole corrected script.'
}

phase('Plan')
while (tries < args.tries) {
  const answer = await agentResult(args.prompt + repair(), {
    label: 'try ' + (tries + 1), system: args.system, schema: SCHEMA, schemaTries: 1, tools: [],
  })
  tries++
  if (answer.ok) {
    const { script } = answer.value
    last = { script, ...(await call('${CHECK_PLAN}', { script })) }
    if (last.problems.length === 0) fit = last
    if (fit === last && last.notes.length === 0) break
    for (const problem of [...last.problems, ...last.notes]) log('try ' + tries + ': ' + problem.split('\\n')[0])
    continue
  }
  const { code, message } = answer.error
  if (code === 'BRAID_BUDGET_EXHAUSTED' || code === 'BRAID_TIME') throw Object.assign(new Error(message), { code })
  if (code !== 'BRAID_CALL_SCHEMA') return { ...(fit ?? last), tries, error: { code, message } }
  last = { ...last, problems: ['The answer was no call of submit with {"script": "…"}. ' + message], notes: [] }
  log('try ' + tries + ': ' + last.problems[0])
}
return { ...(fit ?? last), tries, error: null }
`;
