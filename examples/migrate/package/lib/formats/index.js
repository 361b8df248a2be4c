'use strict'

const NAMES = ['csv', 'text']

/** A format is a module of this folder; only the one that is asked for is loaded. */
async function render(name, summary, currency) {
  if (!NAMES.includes(name)) throw new RangeError(`no format "${name}": there are ${NAMES.join(', ')}`)
  const format = require('./' + name)
  return format.render(summary, currency)
}

module.exports = { NAMES, render }
