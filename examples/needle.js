// Hides a needle in a haystack of any length and asks a recursive language model for it (the S-NIAH kind of task).
//
//   braid run examples/needle.js --model offline/rlm --args '{"length": 1000000, "seed": 7}'

export const meta = {
  name: 'needle',
  description: 'Finds one number in a long text, and says whether it is the right one',
}

// Characters of the haystack. Beyond some 10 million a file is the better context: braid rlm "…" --context FILE
const length = args?.length ?? 200_000
// The same seed hides the same needle in the same hay. Without one the run's own random() chooses.
const seed = args?.seed ?? Math.floor(random() * 2 ** 32)
// Other keys with other numbers: a search for "magic number" alone finds them too.
const distractors = args?.distractors ?? 3

const next = mulberry32(seed)
const pick = (list) => list[Math.floor(next() * list.length)]
const KEYS = ['amber', 'brisk', 'coral', 'dusky', 'eager', 'faint', 'gentle', 'hollow'].flatMap((adjective) =>
  ['otter', 'lantern', 'harbor', 'meadow', 'violin'].map((noun) => `${adjective}-${noun}`))
const HAY = [
  'The grass is green, and the sky is blue, and the sun is yellow.',
  'Here we go, there and back again, as people have done for a very long time.',
  'Nobody remembered who had built the bridge, but everyone crossed it twice a day.',
  'The number of boats in the bay changes with the tide, and so does the price of fish.',
  'A letter that arrives late is still a letter, said the clerk, and stamped it.',
]

const keys = new Set()
while (keys.size < Math.min(distractors + 1, KEYS.length)) keys.add(pick(KEYS))
const [key] = keys
const needles = [...keys].map((name) => ({ name, number: String(1_000_000 + Math.floor(next() * 9_000_000)) }))
const truth = needles[0].number

const lines = []
for (let size = 0; size < length; size += lines[lines.length - 1].length + 1) lines.push(pick(HAY))
for (const { name, number } of needles) {
  lines.splice(Math.floor(next() * lines.length), 0, `The special magic number for ${name} is: ${number}.`)
}
const hay = lines.join('\n')

// The model sees the question and the shape of the text, never the text: that is a variable of its REPL.
const question = `What is the special magic number for ${key} mentioned in the text? Answer with the number alone.`
const answer = await rlm(question, hay, { label: `needle in ${hay.length} characters` })

const correct = String(answer).trim() === truth
log(`${correct ? 'right' : 'wrong'}: ${answer} for ${key}, in ${hay.length} characters`)
return { question, answer, truth, correct, seed, length: hay.length, outputTokens: budget.spent() }

function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
