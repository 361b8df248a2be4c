// Plans a migration file by file: an analyst proposes changes, a panel of three judges votes on each file.
//
//   braid run examples/migrate-plan.js --args '{"goal": "use async file access", "files": ["src/a.js", "src/b.js"]}'

export const meta = {
  name: 'migrate-plan',
  description: 'Analyses files one by one and keeps the changes that two of three judges support',
  phases: [{ title: 'List' }, { title: 'Analyse' }, { title: 'Judge' }],
}

const goal = args?.goal ?? 'handle every error that is ignored today'

const text = { type: 'string' }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const FILES = object({ files: { type: 'array', items: text } })
const CHANGE = object({ title: text, line: { type: 'integer' }, code: text, why: text })
const ANALYSIS = object({ file: text, changes: { type: 'array', items: CHANGE } })
const VOTE = object({ isReal: { type: 'boolean', description: 'true to make the changes' }, reason: text })

// Three judges with three questions see more than one judge asked three times.
const JUDGES = {
  need: 'Does the code really have what these changes are to cure?',
  safety: 'Do callers keep working after these changes?',
  worth: 'Is the gain worth the work?',
}

phase('List')
let files = args?.files
if (!files) {
  const listing = await agent(`List the source files that matter for this migration: ${goal}.`, { label: 'list files', schema: FILES })
  files = listing?.files ?? []
}
log(`${files.length} files to analyse`)

// One stage per step. A stage gets what the stage before it gave, then the item, then its index.
const plans = await pipeline(
  files,
  (file) => agent(`Read ${file}. Which changes does it need to ${goal}? Name each line. No changes is a good answer.`,
    { label: `analyse ${file}`, phase: 'Analyse', schema: ANALYSIS }),
  async (analysis, file) => {
    if (!analysis) throw new Error('the analyst gave no answer') // the item becomes null, and the log says why
    if (analysis.changes.length === 0) return { file, changes: [], votes: [], accepted: false }
    // A barrier is right here: a majority needs every vote.
    const votes = await parallel(Object.entries(JUDGES).map(([judge, question]) => async () => {
      const vote = await agent(`${question}\nGoal: ${goal}\nRead ${file}, then judge:\n${JSON.stringify(analysis.changes)}`,
        { label: `${judge} ${file}`, phase: 'Judge', schema: VOTE })
      return vote && { judge, ...vote }
    }))
    const cast = votes.filter(Boolean)
    return { file, changes: analysis.changes, votes: cast, accepted: cast.filter((vote) => vote.isReal).length >= 2 }
  },
)

const done = plans.filter(Boolean)
return {
  plan: done.filter((plan) => plan.accepted),
  rejected: done.filter((plan) => plan.changes.length > 0 && !plan.accepted),
  untouched: done.filter((plan) => plan.changes.length === 0).map((plan) => plan.file),
  failed: files.filter((file, index) => plans[index] === null),
}
