'use strict'

const parse = require('./lib/parse')
const { summarize, largest } = require('./lib/summary')
const formats = require('./lib/formats')
const settings = require('./lib/settings')

/** Reads a book of expenses and gives it in one of the formats. */
async function report(text, options = {}) {
  const { format, currency } = settings.withDefaults(options)
  return formats.render(format, summarize(parse(text)), currency)
}

module.exports = {
  report,
  parse,
  summarize,
  largest,
  // The error that a bad line is reported with.
  ParseError: parse.ParseError,
}
