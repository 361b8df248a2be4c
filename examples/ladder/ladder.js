// Two counting problems, solved six ways on one runtime: what does each way read, write, and get right? See README.md here.
//
//   braid run examples/ladder/ladder.js --model openai/gpt-5-mini
//   braid run examples/ladder/ladder.js --model offline/rlm          the mechanics alone, free
//   braid run examples/ladder/ladder.js --model … --args '{"problem": 1, "names": 10}'

export const meta = {
  name: 'ladder',
  description: 'Direct generation, retrieval, ReAct, CodeAct, CodeAct with subagents, RLM: the same two problems',
  phases: [{ title: 'Problem 1' }, { title: 'Problem 2' }],
}

const names = args?.names ?? 50
const LETTER = 'R'
const PROBLEMS = [
  {
    categories: ['fruits'],
    task: `Generate ${names} names of fruits and count the number of ${LETTER} in each, return as a dictionary.`,
  },
  {
    categories: ['fruits', 'countries', 'animals'],
    task: 'Generate a dictionary of different categories: fruits, countries, animals. ' +
      `For each category, generate ${names} names of that and count the number of ${LETTER} in each, return as a nested dictionary.`,
  },
]
const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } }
// What retrieval may search: names with what they are. No note says how many letters a name has.
const CORPUS = {
  fruits: 'apple apricot avocado banana bilberry blackberry blackcurrant blueberry boysenberry cantaloupe cherry clementine ' +
    'cloudberry coconut cranberry currant damson date dragonfruit durian elderberry fig gooseberry grape grapefruit ' +
    'guava honeydew jackfruit kiwi kumquat lemon lime loganberry lychee mandarin mango mulberry nectarine orange ' +
    'papaya passionfruit peach pear persimmon pineapple plum pomegranate raspberry strawberry watermelon',
  countries: 'Argentina Armenia Australia Austria Belgium Bolivia Brazil Bulgaria Cameroon Canada Chile Colombia Croatia ' +
    'Cyprus Denmark Ecuador Egypt Estonia Finland France Germany Ghana Greece Hungary Iceland India Indonesia Ireland ' +
    'Italy Japan Jordan Kenya Latvia Lebanon Madagascar Mexico Morocco Netherlands Nigeria Norway Peru Poland ' +
    'Portugal Romania Rwanda Serbia Spain Sweden Turkey Uruguay',
  animals: 'alligator antelope armadillo badger bear beaver buffalo camel cheetah chimpanzee crocodile deer dolphin eagle ' +
    'elephant ferret flamingo fox frog giraffe gorilla hamster hare hedgehog horse hyena kangaroo koala leopard lion ' +
    'lizard lynx meerkat moose octopus ostrich otter panda panther parrot penguin porcupine rabbit raccoon rhinoceros ' +
    'squirrel tiger turtle walrus zebra',
  trees: 'alder ash beech birch cedar elm fir hazel larch linden maple oak pine poplar spruce willow yew',
}
const NOTES = Object.entries(CORPUS).flatMap(([kind, list]) => list.split(' ').map((name) => `${name}: ${kind}`))

const rows = []
for (const problem of args?.problem ? [args.problem] : [1, 2]) {
  phase(`Problem ${problem}`)
  for (const [rung, { solve, counted, answer }] of Object.entries(rungs())) {
    const seen = { calls: 0, read: 0, wrote: 0 }
    const value = await solve(PROBLEMS[problem - 1], seen, `${rung}, problem ${problem}`)
    rows.push({ problem, rung, counted, answer, ...seen, ...judged(PROBLEMS[problem - 1], value) })
  }
}
for (const line of table(rows)) log(line)
log('Sizes are tokens as the provider counts them. "right" compares each count with one computed by code.')
log('A rule program (offline/…) shows what each way reads and writes; whether a model counts well only a real model can show.')
return rows

function rungs() {
  return {
    'direct': { solve: direct, counted: 'the model', answer: 'typed' },
    'retrieval': { solve: retrieval, counted: 'the model', answer: 'typed' },
    'ReAct': { solve: react, counted: 'a tool', answer: 'typed' },
    'CodeAct': { solve: codeAct, counted: 'code', answer: 'typed' },
    'CodeAct + subagents': { solve: subagents, counted: 'code', answer: 'typed' },
    'RLM': { solve: recursive, counted: 'code', answer: 'a variable' },
  }
}

// 1. The model writes the dictionary. Nothing checks a count.
async function direct({ task, categories }, seen, label) {
  return ask(seen, task, { label, tools: [], schema: dictionary(categories) })
}

// 2. A search finds names for the prompt. It finds what is written somewhere; counts are not.
async function retrieval({ task, categories }, seen, label) {
  const notes = categories.flatMap((category) => bestNotes(category, names))
  const prompt = `${task}\nTake names from these notes, which a search has found: ${JSON.stringify(notes)}`
  return ask(seen, prompt, { label, tools: [], schema: dictionary(categories) })
}

// 3. One tool that counts, one call a turn. Every turn reads all turns before it, and the answer is typed from what was read.
async function react({ task, categories }, seen, label) {
  const turns = []
  for (let turn = 0; turn <= 2 * names * categories.length; turn++) {
    const text = await ask(seen, `${task}
You count only by a tool. Reply with one JSON object and nothing else, either to call the tool
{"tool": "count", "word": "…", "letter": "…"}
or, when every word has been counted, to end: {"answer": the dictionary}
What the tool has said so far, in order:
${turns.join('\n') || 'nothing yet'}`, { label: `${label}, turn ${turn + 1}`, tools: [] })
    const step = parsed(text)
    if (step === null || step.answer) return step?.answer ?? null
    turns.push(JSON.stringify({ word: step.word, letter: step.letter, count: count(String(step.word), String(step.letter)) }))
  }
  return null
}

// 4. The model writes code and reads all that it prints, then types the answer. A REPL used as a terminal.
async function codeAct({ task }, seen, label) {
  return parsed(await ask(seen, `${task}
Count by code. Print the whole dictionary, read what was printed, then type out the final dictionary yourself:
call FINAL with an object literal, with no variable in it. Do not call other models.`, { label, rlm: true }))
}

// 5. One such agent for each category. The main agent reads everything they say and types the whole answer.
async function subagents({ task, categories }, seen, label) {
  const said = await parallel(categories.map((category) => async () => {
    const part = `Generate ${names} names of ${category} and count the number of ${LETTER} in each, return as a dictionary.`
    return codeAct({ task: part }, seen, `${label}, ${category}`)
  }))
  const outputs = said.map((value, i) => JSON.stringify(categories.length === 1 ? value : { [categories[i]]: value }))
  return ask(seen, `${task}\nYour subagents have done it in parts. Their outputs:\n${outputs.join('\n')}`,
    { label: `${label}, main`, tools: [], schema: dictionary(categories) })
}

// 6. Names and counts stay in variables, sub-calls fill them, and the answer is a variable: nobody types it or reads it.
async function recursive({ task }, seen, label) {
  return parsed(await ask(seen, `${task}
Let sub-calls name things (one batch), count by code, keep everything in variables, and give the dictionary by FINAL_VAR.`,
  { label, rlm: true }))
}

/** One call; what its whole tree has read and written is added up. */
async function ask(seen, prompt, opts) {
  const { value, usage, error } = await agentResult(prompt, opts)
  seen.calls++
  seen.read += usage.inputTokens
  seen.wrote += usage.outputTokens
  if (error) log(`${opts.label}: ${error.message}`)
  return value
}

function dictionary(categories) {
  if (categories.length === 1) return COUNTS
  return { type: 'object', properties: Object.fromEntries(categories.map((name) => [name, COUNTS])), required: categories }
}

function parsed(value) {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value.slice(value.indexOf('{'), value.lastIndexOf('}') + 1))
  } catch {
    return null
  }
}

function count(word, letter) {
  return word.toLowerCase().split(letter.toLowerCase()).length - 1
}

/** Counts that are as code computes them, out of those that were asked for. A missing name is a wrong one. */
function judged({ categories }, value) {
  const dictionaries = categories.length === 1 ? [value?.fruits ?? value] : categories.map((category) => value?.[category])
  const right = dictionaries.map((one) => Object.entries(one ?? {}).filter(([word, n]) => n === count(word, LETTER)).length)
  return { right: right.reduce((sum, n) => sum + Math.min(n, names), 0), of: names * categories.length }
}

function table(results) {
  const head = ['problem', 'way', 'calls', 'read', 'wrote', 'counted by', 'answer', 'right']
  const cells = results.map(({ problem, rung, calls, read, wrote, counted, answer, right, of }) =>
    [problem, rung, calls, read, wrote, counted, answer, `${right} of ${of}`].map(String))
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)))
  const isNumber = (i) => i >= 2 && i <= 4
  return [head, ...cells].map((row) =>
    row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd())
}

/** The notes that share most words with the query, as a search by words ranks them. */
function bestNotes(query, limit) {
  const scored = NOTES.map((note) => ({ note, score: note.split(/\W+/).filter((word) => word === query).length }))
  return scored.filter(({ score }) => score > 0).slice(0, limit).map(({ note }) => note)
}
