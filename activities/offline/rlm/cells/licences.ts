import { replyOf, type Cells } from './cells.ts';

/** Start of a licence's text that tells which one it is. */
const HEAD_CHARS = 3_000;

/** Joins `package.json` files with the licence texts beside them; which licence a text is, a sub-call says. */
export function licenceCells(): Cells {
  return { work: () => WORK, finish: () => FINISH };
}

const WORK = `const at = (name) => name.lastIndexOf('/')
const isPackage = (folder) => /(^|\\/)node_modules\\/(@[^/]+\\/)?[^/@]+$/.test(folder)
const packages = new Map()
for (const { name, text } of texts) {
  const folder = name.slice(0, at(name))
  if (!name.endsWith('/package.json') || !isPackage(folder)) continue
  const { name: id, version, license, licenses } = JSON.parse(String(text))
  const words = [license ?? licenses ?? []].flat().map((one) => one.type ?? one).join(' OR ')
  packages.set(folder, { package: id, version, declares: words || 'nothing', heads: [] })
}
const heads = new Map()
for (const { name, text } of texts) {
  const owner = packages.get(name.slice(0, at(name)))
  if (owner === undefined || !/\\/(licen[cs]e|copying|unlicense)[^/]*$/i.test(name)) continue
  // Packages share texts: without white space and copyright lines most of them are the same, and asked for once.
  const head = String(text.slice(0, ${HEAD_CHARS})).replace(/^.*copyright (\\(c\\)|©|\\d).*$/gim, '').replace(/\\s+/g, ' ').trim()
  owner.heads.push({ name, head })
  heads.set(head, null)
}
const asked = [...heads.keys()]
const answers = await llm_query_batched(asked.map((head) =>
  'Which licences is this text? Answer with their SPDX identifiers, the main one first, or with "unknown".\\n<text>\\n' + head + '\\n</text>'))
asked.forEach((head, i) => heads.set(head, typeof answers[i] === 'string' ? answers[i].trim().split(/[\\s,]+/) : ['unread']))
print('@work ' + JSON.stringify({ packages: packages.size, texts: asked.length, unread: answers.filter((one) => typeof one !== 'string').length }))`;

const FINISH = `const result = []
for (const { package: id, version, declares, heads: own } of packages.values()) {
  own.sort((a, b) => (a.name < b.name ? -1 : 1))
  const ships = own.flatMap(({ head }) => heads.get(head))
  const declared = declares.split(/[^\\w.-]+/)
  // BSD alone leaves open which of them.
  if (ships.some((licence) => declared.some((one) => licence === one || licence.startsWith(one + '-')))) continue
  result.push({ package: id, version, declares, ships: ships[0] ?? 'none' })
}
result.sort((a, b) => a.package < b.package ? -1 : a.package > b.package ? 1 : a.version < b.version ? -1 : 1)
print('@done ' + JSON.stringify({ found: result.length, answer: result.slice(0, 20) }))
${replyOf('result')}`;
