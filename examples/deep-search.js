// Searches until two rounds in a row find nothing new.
//
//   braid run examples/deep-search.js --args '{"question": "Where can a promise be lost?", "maxRounds": 4}'

export const meta = {
  name: 'deep-search',
  description: 'Sends searchers in rounds, each told what is known, until nothing new turns up',
  phases: [{ title: 'Search', detail: 'several angles a round' }, { title: 'Check', detail: 'new finds only' }],
}

const question = args?.question ?? 'Where does this code ignore an error?'
const maxRounds = args?.maxRounds ?? 5
const angles = args?.angles ?? ['by the names of functions', 'by the flow of data', 'by what tests leave out']

const text = { type: 'string' }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const FIND = object({ title: text, file: text, line: { type: 'integer' }, code: text, why: text })
const FINDS = object({ findings: { type: 'array', items: FIND } })
const VERDICT = object({ isReal: { type: 'boolean' }, reason: text })

// Everything that was ever SEEN, refuted finds too. Compared with what was CONFIRMED instead, a refuted find would
// come back in every round, and the loop would never run dry.
const seen = new Set()
const found = []
let dry = 0
let round = 0

while (dry < 2 && round < maxRounds) {
  round++
  // Without a budget remaining() is Infinity; with one the loop ends while there is still room for a round.
  if (budget.total && budget.remaining() < 20_000) {
    log(`stopped before round ${round}: ${budget.remaining()} tokens left`)
    break
  }
  const known = [...seen].join('\n') || 'nothing yet'
  const answers = await parallel(angles.map((angle) => () =>
    agent(`${question}\nSearch ${angle}. Do not report again what is known:\n${known}`,
      { label: `round ${round} ${angle}`, phase: 'Search', schema: FINDS })))
  if (!answers.some(Boolean)) break // nobody answered: that is no dry round

  const fresh = answers.flatMap((result) => result?.findings ?? []).filter(({ file, line }) => {
    const place = `${file}:${line}`
    return !seen.has(place) && seen.add(place)
  })
  dry = fresh.length === 0 ? dry + 1 : 0
  log(`round ${round}: ${fresh.length} new, ${seen.size} seen`)

  const checked = await parallel(fresh.map((find) => async () => {
    const verdict = await agent(`Try to REFUTE this answer to "${question}". Read the file first.\n${JSON.stringify(find)}`,
      { label: `check ${find.file}:${find.line}`, phase: 'Check', schema: VERDICT })
    return { ...find, round, ...verdict }
  }))
  found.push(...checked.filter((find) => find?.isReal))
}

// Say what was not covered: an answer that hides its limits reads like a complete one.
if (dry < 2) log(`ended after ${round} rounds, before two of them found nothing`)
return { question, found, seen: seen.size, rounds: round, complete: dry >= 2 }
