// Reviews a folder from three sides, then lets a sceptic try to refute every finding.
//
//   braid run examples/review.js --cwd path/to/folder --model openai/gpt-5-mini
//   braid run examples/review.js --args '{"dimensions": ["security"], "paths": ["src"]}'

export const meta = {
  name: 'review',
  description: 'Reviews a folder and keeps only the findings that survive an attempt to refute them',
  phases: [
    { title: 'Review', detail: 'one reviewer for each dimension' },
    { title: 'Verify', detail: 'one sceptic for each finding' },
  ],
}

const dimensions = args?.dimensions ?? ['bugs', 'performance', 'security']
const scope = args?.paths?.length ? `Look only at ${args.paths.join(', ')}.` : 'Look at every source file.'

// With a schema an agent resolves to data of that shape instead of text.
const text = { type: 'string' }
const FINDING = {
  type: 'object',
  properties: {
    title: text, file: text, line: { type: 'integer' }, severity: { enum: ['high', 'medium', 'low'] },
    code: { type: 'string', description: 'that line, copied exactly' }, why: text,
  },
  required: ['title', 'file', 'line', 'severity', 'code', 'why'],
}
const FINDINGS = { type: 'object', properties: { findings: { type: 'array', items: FINDING } }, required: ['findings'] }
const VERDICT = { type: 'object', properties: { isReal: { type: 'boolean' }, reason: text }, required: ['isReal', 'reason'] }

// Two reviewers may report one line. This set is filled in the order in which reviews finish, and a replay keeps that order.
const seen = new Set()
const isNew = (finding) => !seen.has(`${finding.file}:${finding.line}`) && seen.add(`${finding.file}:${finding.line}`)

// pipeline() has no barrier: findings about bugs are verified while performance is still under review.
const reviews = await pipeline(
  dimensions,
  (dimension) => agent(
    `Review the code for ${dimension}. ${scope} Report only what you can show in a line of code.`,
    { label: `review ${dimension}`, phase: 'Review', schema: FINDINGS }),
  (review, dimension) => review && parallel(review.findings.filter(isNew).map((finding) => async () => {
    const verdict = await agent(
      `Try to REFUTE this finding: ${finding.title}. Read ${finding.file} around line ${finding.line} first.\n` +
      `If the code there does not show the problem, it is not real.\n${JSON.stringify(finding)}`,
      { label: `verify ${finding.file}:${finding.line}`, phase: 'Verify', schema: VERDICT })
    return { dimension, ...finding, ...verdict }
  })),
)

// A call that died leaves null, and says why in the run's outcomes. Tell what was not covered instead of hiding it.
const findings = reviews.filter(Boolean).flat().filter(Boolean)
return {
  confirmed: findings.filter((finding) => finding.isReal === true),
  refuted: findings.filter((finding) => finding.isReal === false),
  unchecked: findings.filter((finding) => finding.isReal === undefined),
  unreviewed: dimensions.filter((dimension, index) => reviews[index] === null),
}
