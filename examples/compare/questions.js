// Writes the text of the comparison in this folder: lines whose label must be understood, and how many there are of each.
//
//   braid run examples/compare/questions.js --model offline/echo > examples/compare/questions.txt

export const meta = { name: 'questions', description: 'Lines to be counted by what they mean, with the truth in the log' }
const count = args?.lines ?? 300
const seed = args?.seed ?? 7

const KINDS = {
  'abbreviation': ['What does NATO stand for?', 'What does HTTP stand for?', 'What does BBC stand for in radio?'],
  'numeric value': ['How many bones has a hand?', 'When did the first mail boat sail?', 'How far is it from Oslo to Rome?'],
  'human being': ['Who wrote the first almanac?', 'Who invented the zip fastener?', 'Whose face is on the coin?'],
  'location': ['Where do swifts spend the winter?', 'What country has the most lakes?', 'Which river crosses Vienna?'],
  'description and abstract concept': ['Why is the sea salty?', 'How do locks on a canal work?', 'What causes an echo?'],
  'entity': ['What fish swims upright?', 'Which instrument has 47 strings?', 'What colour is a giraffe tongue?'],
}
const LABELS = Object.keys(KINDS)

let state = seed // of mulberry32: the same seed writes the same text in every run
const below = (n) => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * n)
}
const bag = LABELS.flatMap((label) => Array(1 + below(4)).fill(label))
const truth = Object.fromEntries(LABELS.map((label) => [label, 0]))
const lines = Array.from({ length: count }, () => {
  const label = bag[below(bag.length)]
  truth[label] += 1
  const date = new Date(1.7e12 + below(365) * 86_400_000).toISOString().slice(0, 10)
  return `Date: ${date} || User: ${10_000 + below(40) * 37} || Instance: ${KINDS[label][below(3)]}`
})
log(JSON.stringify(truth))
return lines.join('\n')
