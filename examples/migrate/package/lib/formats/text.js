'use strict'

const money = require('../money')

const WIDTH = 12

exports.render = function (summary, currency) {
  const rows = summary.rows.map((row) => line(row.category, row.cents, currency) + `  ${row.percent}%`)
  return [...rows, line('total', summary.total, currency)].join('\n')
}

function line(title, cents, currency) {
  return title.padEnd(WIDTH) + money.fromCents(cents, currency).padStart(WIDTH)
}
