'use strict'

const test = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { largest, parse, ParseError, report, summarize } = require('..')
const money = require('../lib/money')

const BOOK = '2024-03-01 food 10\n2024-03-02 rent 20.5 # March\n\n2024-03-03 food 0.05\n'

test('reads a book', () => {
  assert.deepEqual(parse(BOOK).map(({ cents }) => cents), [1000, 2050, 5])
  assert.throws(() => parse('2024-03-01 food ten'), (error) => error instanceof ParseError && error.line === 1)
  assert.throws(() => parse('\nyesterday food 1'), /line 2: "yesterday" is no date/)
})

test('sums up by category', () => {
  const summary = summarize(parse(BOOK))
  assert.deepEqual(summary.rows, [
    { category: 'rent', cents: 2050, percent: 67 },
    { category: 'food', cents: 1005, percent: 33 },
  ])
  assert.equal(summary.from, '2024-03-01')
  assert.equal(summary.to, '2024-03-03')
  assert.equal(largest(summary), 'rent')
  assert.equal(largest(summarize([])), null)
})

test('shares add up to a hundred', () => {
  assert.deepEqual(money.shares([1, 1, 1]), [34, 33, 33])
  assert.deepEqual(money.shares([0, 0]), [0, 0])
})

test('reports in the format of the settings', async () => {
  assert.equal((await report(BOOK)).split('\n').at(-1), 'total          30.55 EUR')
  await assert.rejects(report(BOOK, { format: 'pdf' }), RangeError)
})

test('the command reports its sample', () => {
  const command = path.join(__dirname, '..', 'bin', 'household.js')
  const output = execFileSync(process.execPath, [command], { encoding: 'utf8' })
  assert.match(output, /^rent +600\.00 EUR {2}90%\n/)
})
