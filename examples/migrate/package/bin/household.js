#!/usr/bin/env node
'use strict'

const fs = require('fs')
const { report } = require('..')
const { sampleFile } = require('../lib/settings')

async function main([file = sampleFile, format]) {
  const text = fs.readFileSync(file, 'utf8')
  process.stdout.write(`${await report(text, { format })}\n`)
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    process.stderr.write(`household: ${error.message}\n`)
    process.exitCode = 1
  })
}

exports.main = main
