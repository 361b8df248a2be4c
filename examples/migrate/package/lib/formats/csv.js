'use strict'

const { fromCents } = require('../money')

exports.render = (summary) =>
  ['category,amount,percent', ...summary.rows.map((row) => [row.category, fromCents(row.cents), row.percent].join(','))].join('\n')
