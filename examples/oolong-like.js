// Questions that need every line of a long text to be understood, then added up (the OOLONG and OOLONG-Pairs kind of task).
//
//   braid run examples/oolong-like.js --model offline/rlm --args '{"task": "pairs", "length": 50000, "seed": 7}'

export const meta = { name: 'oolong-like', description: 'Counts, compares and pairs lines by what they mean' }
const task = args?.task ?? 'most' // most, least, one, counts, compare, pairs
const length = args?.length ?? 50_000 // characters
const seed = args?.seed ?? Math.floor(random() * 2 ** 32)

// Kinds of answer, and questions that want one: a line never says its label, so it must be read to be counted.
const KINDS = {
  'abbreviation': ['What does NATO stand for?', 'What does HTTP stand for?', 'What does BBC stand for in radio?'],
  'numeric value': ['How many bones has a hand?', 'When did the first mail boat sail?', 'How far is it from Oslo to Rome?'],
  'human being': ['Who wrote the first almanac?', 'Who invented the zip fastener?', 'Whose face is on the coin?'],
  'location': ['Where do swifts spend the winter?', 'What country has the most lakes?', 'Which river crosses Vienna?'],
  'description and abstract concept': ['Why is the sea salty?', 'How do locks on a canal work?', 'What causes an echo?'],
  'entity': ['What fish swims upright?', 'Which instrument has 47 strings?', 'What colour is a giraffe tongue?'],
}
const LABELS = Object.keys(KINDS)

let state = seed // of mulberry32, so that the same seed writes the same text in every run
const below = (n) => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * n)
}
const bag = LABELS.flatMap((label) => Array(1 + below(4)).fill(label)) // no two seeds have the same favourite
const users = Math.max(4, Math.min(200, Math.ceil(length / 2_000)))
const entries = [], lines = []
for (let size = 0; size < length; size += lines[lines.length - 1].length + 1) {
  entries.push({ user: String(10_000 + below(users) * 37), label: bag[below(bag.length)] })
  const { user, label } = entries[entries.length - 1]
  const date = new Date(1.7e12 + below(365) * 86_400_000).toISOString().slice(0, 10)
  lines.push(`Date: ${date} || User: ${user} || Instance: ${KINDS[label][below(3)]}`)
}

const a = LABELS[below(6)], b = LABELS[(LABELS.indexOf(a) + 1 + below(5)) % 6]
const counts = Object.fromEntries(LABELS.map((label) => [label, entries.filter((entry) => entry.label === label).length]))
const ranked = LABELS.filter((label) => counts[label] > 0).sort((x, y) => counts[y] - counts[x] || (x < y ? -1 : 1))
const rare = ranked.find((label) => counts[label] === counts[ranked[ranked.length - 1]])
const chosen = [...new Set(entries.filter(({ label }) => label === a).map(({ user }) => user))].sort((x, y) => x - y)
const TASKS = {
  most: ['Which label is the most common? On a tie, the first in the alphabet.', ranked[0]],
  least: ['Which label is the least common? On a tie, the first in the alphabet.', rare],
  one: [`How many lines have the label '${a}'? Answer with a number.`, counts[a]],
  counts: ['Count the lines of each label. Answer with an object from label to count.', counts],
  compare: [`Is label '${a}' more common than, less common than, or of the same frequency as label '${b}'?`,
    counts[a] > counts[b] ? 'more common than' : counts[a] < counts[b] ? 'less common than' : 'same frequency as'],
  pairs: [`List all pairs of users who both have a line with the label '${a}', as arrays of two ids, smaller id first, in order.`,
    chosen.flatMap((x, i) => chosen.slice(i + 1).map((y) => [x, y]))],
}
const [asked, truth] = TASKS[task] ?? (() => { throw new Error(`no task "${task}": take one of ${Object.keys(TASKS).join()}`) })()
const question = `Each line is a question of a user. Its answer belongs to one of the categories: '${LABELS.join("', '")}'.
That is the label of the line. ${asked}`
const answer = await rlm(question, lines.join('\n'), { label: `${task} of ${lines.length} lines` })
const plain = (value) => (typeof value === 'string' ? value.trim().toLowerCase() : JSON.stringify(value))
const correct = plain(answer) === plain(truth)
log(`${correct ? 'right' : 'wrong'}: ${task} of ${lines.length} lines`)
return { task, question, answer, truth, correct, seed, lines: lines.length, outputTokens: budget.spent() }
