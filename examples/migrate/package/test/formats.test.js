'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const formats = require('../lib/formats')

const SUMMARY = { rows: [{ category: 'food', cents: 1005, percent: 100 }], total: 1005 }

describe('formats', () => {
  it('gives a table', async () => {
    assert.equal(await formats.render('csv', SUMMARY), 'category,amount,percent\nfood,10.05,100')
  })

  it('gives a text', async () => {
    const [food, total] = (await formats.render('text', SUMMARY, 'EUR')).split('\n')
    assert.equal(food, 'food           10.05 EUR  100%')
    assert.equal(total, 'total          10.05 EUR')
  })

  it('refuses others', async () => {
    await assert.rejects(formats.render('pdf', SUMMARY), /there are csv, text/)
  })

  it('names every module of the folder', () => {
    assert.deepEqual(formats.NAMES, ['csv', 'text'])
  })
})
