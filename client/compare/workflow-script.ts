/** The script side of a comparison: the plan stands here, before anything runs. `args` is {@link CompareArgs}. */
export const COMPARE_SCRIPT = `export const meta = {
  name: 'compare',
  description: 'Answers a question about a text that is cut into pieces: one agent for each piece, one that combines',
  phases: [{ title: 'Pieces' }, { title: 'Combine' }],
}
const { question, text, pieces, pieceModel } = args

phase('Pieces')
const parts = cut(text, pieces)
const answers = await parallel(parts.map(({ line, text }, i) => () => agent(
  question + '\\n\\nThis is piece ' + (i + 1) + ' of ' + parts.length + ' of a longer text. Its first line is line ' + line + ' of the whole. ' +
    'Answer for this piece alone, in as few words as will do: the answers for all pieces are put together afterwards. ' +
    'When nothing in the piece bears on it, answer: nothing.\\n\\n<text>\\n' + text + '\\n</text>',
  { label: 'piece ' + (i + 1), tools: [], ...(pieceModel === null ? {} : { model: pieceModel }) })))

phase('Combine')
const given = answers.map((answer, i) => ({ piece: i + 1, answer }))
return await agent(
  question + '\\n\\nThe text was too long for one reading and was cut into ' + parts.length + ' pieces, in order. ' +
    'Put the answer for the whole together from the answers for the pieces (null: there is none), and give it alone.\\n\\n' +
    '<answers>\\n' + JSON.stringify(given) + '\\n</answers>',
  { label: 'combine', tools: [] })

// As many pieces as are wanted, of about equal length: each ends at the line break that is nearest, or where it must.
function cut(text, count) {
  const found = []
  let from = 0, line = 1
  for (let i = 1; i <= count; i++) {
    const left = count - i
    const wanted = Math.round((text.length * i) / count)
    let to = left === 0 ? text.length : clamp(nearestBreak(text, wanted), from + 1, text.length - left)
    // A surrogate pair is one character.
    if (left > 0 && /[\\uD800-\\uDBFF]/.test(text[to - 1]) && to < text.length - left) to += 1
    const piece = text.slice(from, to)
    found.push({ line, text: piece })
    line += piece.split('\\n').length - 1
    from = to
  }
  return found
}
// Just after a line break; the place itself when none is within a quarter of a piece.
function nearestBreak(text, at) {
  const reach = text.length / pieces / 4
  const before = text.lastIndexOf('\\n', at - 1) + 1
  const after = text.indexOf('\\n', at) + 1
  const near = [before, after].filter((place) => place > 0 && Math.abs(place - at) <= reach)
  return near.length === 0 ? at : near.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))[0]
}
function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high))
}
`;

/** What the script is started with. A type, not an interface: it is a value of JSON. */
export type CompareArgs = {
  question: string;
  text: string;
  pieces: number;
  /** Model of the pieces; null: the run's. */
  pieceModel: string | null;
};
