'use strict'

const { toCents } = require('./money')

class ParseError extends Error {
  constructor(line, why) {
    super(`line ${line}: ${why}`)
    this.name = 'ParseError'
    this.line = line
  }
}

/** One expense a line: `2024-03-01 groceries 12.50 # apples`. Empty lines and comments are passed over. */
module.exports = function parse(text) {
  const entries = []
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/#.*$/, '').trim()
    if (line !== '') entries.push(entry(line, index + 1))
  })
  return entries
}

module.exports.ParseError = ParseError

function entry(line, number) {
  const [date, category, amount, ...rest] = line.split(/\s+/)
  if (rest.length > 0) throw new ParseError(number, `"${rest.join(' ')}" is too much`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new ParseError(number, `"${date}" is no date`)
  try {
    return { date, category, cents: toCents(amount || '') }
  } catch (error) {
    throw new ParseError(number, error.message)
  }
}
