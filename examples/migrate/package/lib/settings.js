'use strict'

const path = require('path')
const defaults = require('./settings.json')

exports.sampleFile = path.join(__dirname, 'sample.txt')

exports.withDefaults = function (options) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
