// Judges a change, as a reviewer of a pull request does: a verdict for each changed file, and nothing that a second voter does not see too.
//
//   braid run examples/audit-diff.js --base main --model openai/gpt-5-mini
//   npx braid run examples/audit-diff.js --base HEAD~1 --model offline/reviewer     without a key
//
// examples/review.js looks at a folder as it is. Here only the lines that the diff adds are judged: what was there before is no reason to
// send a change back. `--base` is the revision to compare with; agents see the difference by their tool `diff`.

export const meta = {
  name: 'audit-diff',
  description: 'Judges the files that a diff changes and keeps the findings that a second voter confirms',
  phases: [{ title: 'Diff' }, { title: 'Judge', detail: 'one agent for each changed file' }, { title: 'Vote', detail: 'one for each finding' }],
}

const text = { type: 'string' }
const list = (items) => ({ type: 'array', items })
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const FILES = object({ files: list(text) })
const FINDING = object({ title: text, file: text, line: { type: 'integer' }, severity: { enum: ['high', 'medium', 'low'] }, why: text })
const VERDICT = object({ findings: list(FINDING), summary: text })
const VOTE = object({ isReal: { type: 'boolean' }, reason: text })

phase('Diff')
const changed = await agent('List the source files that the diff changes; those that it deletes not.', { label: 'changed files', schema: FILES, tools: ['diff', 'read'] })
if (!changed) throw new Error('nobody could say what changed; is there a --base?')
log(`${changed.files.length} files changed`)

// A file with many findings does not hold up the others: each goes to its voters as soon as it is judged.
const files = await pipeline(
  changed.files,
  (file) => agent(
    `Review what the diff changes in ${file}. Report only lines that the diff adds, and only what you can show in them.`,
    { label: `judge ${file}`, phase: 'Judge', schema: VERDICT, tools: ['diff', 'read', 'grep'] }),
  async (judged, file) => {
    if (!judged) return null
    const votes = await parallel(judged.findings.map((finding) => () => agent(
      `Somebody who reviewed a change says this of ${finding.file}:${finding.line}. Try to REFUTE it: read the file around that line first.\n` +
      JSON.stringify(finding),
      { label: `vote ${finding.file}:${finding.line}`, phase: 'Vote', schema: VOTE, tools: ['diff', 'read', 'grep'] })))
    const findings = judged.findings.map((finding, index) => ({ ...finding, ...(votes[index] ?? { isReal: null, reason: 'nobody voted' }) }))
    return { file, findings }
  },
)

const judged = files.filter(Boolean)
const all = judged.flatMap(({ findings }) => findings)
const report = judged.map(({ file, findings }) => {
  const real = findings.filter(({ isReal }) => isReal !== false)
  return { file, verdict: real.some(({ severity }) => severity !== 'low') ? 'bad' : 'good', findings: real }
})
const unchecked = changed.files.filter((file, index) => files[index] === null)
return {
  // What nobody looked at is not accepted either.
  accepted: unchecked.length === 0 && report.every(({ verdict }) => verdict === 'good'),
  files: report,
  refuted: all.filter(({ isReal }) => isReal === false),
  unchecked,
}
