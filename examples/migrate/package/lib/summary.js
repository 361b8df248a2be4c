'use strict'

const { sum, shares } = require('./money')

/** What was spent by category, most first. */
function summarize(entries) {
  const byCategory = new Map()
  for (const { category, cents } of entries) byCategory.set(category, (byCategory.get(category) || 0) + cents)
  const rows = [...byCategory].map(([category, cents]) => ({ category, cents })).sort((a, b) => b.cents - a.cents)
  const percents = shares(rows.map((row) => row.cents))
  return {
    rows: rows.map((row, index) => ({ ...row, percent: percents[index] })),
    total: sum(rows.map((row) => row.cents)),
    from: first(entries),
    to: first([...entries].reverse()),
  }
}

const first = (entries) => (entries.length === 0 ? null : entries[0].date)

module.exports = {
  summarize,
  largest: (summary) => (summary.rows.length === 0 ? null : summary.rows[0].category),
}
