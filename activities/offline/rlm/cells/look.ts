/** Sees what kind of context there is; prints a mark of constant size. Later cells use `texts`: `[{name, text}]`. */
export const LOOK = `const isFiles = typeof context === 'object' && context !== null && context[0]?.text !== undefined
const isText = typeof context === 'string' || typeof context?.indexOf === 'function' && !Array.isArray(context)
const texts = isFiles ? Array.from(context)
  : context === null || context === undefined ? []
  : [{ name: 'context', text: isText ? context : JSON.stringify(context, null, 1) }]
const sample = texts.slice(0, 3).flatMap(({ text }) =>
  String(text.slice(0, 2000)).split('\\n').filter(Boolean).slice(0, 3).map((line) => line.slice(0, 200)))
print('@look ' + JSON.stringify({
  parts: texts.length,
  length: texts.reduce((sum, { text }) => sum + text.length, 0),
  names: texts.slice(0, 3).map(({ name }) => String(name)),
  sample,
}))`;

/**
 * Reads a text of any size in pieces of whole lines: searching on from each hit in a text by reference would scan the whole of
 * it again and again.
 */
export const ALL_LINES = `function eachPiece(text, use) {
  let rest = ''
  for (let at = 0; at < text.length; at += 1000000) {
    const piece = rest + String(text.slice(at, at + 1000000))
    const cut = piece.lastIndexOf('\\n') + 1
    if (cut > 0) use(piece.slice(0, cut - 1))
    rest = piece.slice(cut)
  }
  if (rest !== '') use(rest)
}
function eachLine(text, each) {
  let number = 0
  eachPiece(text, (piece) => { for (const line of piece.split('\\n')) each(line, ++number) })
}`;
