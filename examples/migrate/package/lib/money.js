'use strict'

/** Amounts are whole cents: sums of fractions drift. */
exports.toCents = function (text) {
  const match = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text)
  if (match === null) throw new RangeError(`"${text}" is no amount`)
  return Number(match[1]) * 100 + Number((match[2] || '').padEnd(2, '0'))
}

exports.fromCents = (cents, currency) => {
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  return currency ? `${amount} ${currency}` : amount
}

exports.sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0)

/** Shares in whole percent that add up to 100: the largest remainders are rounded up. */
exports.shares = function (amounts) {
  const total = exports.sum(amounts)
  if (total === 0) return amounts.map(() => 0)
  const exact = amounts.map((amount) => (amount * 100) / total)
  const shares = exact.map(Math.floor)
  const byRemainder = [...exact.keys()].sort((a, b) => (exact[b] % 1) - (exact[a] % 1))
  for (const index of byRemainder.slice(0, 100 - exports.sum(shares))) shares[index] += 1
  return shares
}
