/** Says by its words what kind of answer a question wants: the categories of TREC, which OOLONG uses. */

const RULES: [label: string, pattern: RegExp][] = [
  [
    'abbreviation',
    /^what does [A-Z]{2,}\b.* stand for|\babbreviation\b|\bacronym\b|^what is the full (?:form|name) of [A-Z]{2,}\b/i,
  ],
  [
    'numeric value',
    /^how (?:many|much|far|long|old|tall|fast|high|heavy|deep)\b|^(?:in )?what (?:year|percentage|number)\b|^when\b/i,
  ],
  ['human being', /^who(?:se|m)?\b|^which (?:person|actor|author|inventor|president|painter)\b/i],
  ['location', /^where\b|^(?:in )?(?:what|which) (?:city|country|state|river|mountain|continent|island)\b/i],
  [
    'description and abstract concept',
    /^(?:why|how)\b|^what (?:is the (?:meaning|origin|purpose)|does .* mean|causes)\b|^(?:describe|explain|define)\b/i,
  ],
  ['entity', /^(?:what|which|name)\b/i],
];

/** The label of a question among those allowed, or `unknown`. */
export function labelOf(question: string, allowed: readonly string[]): string {
  return RULES.find(([label, pattern]) => allowed.includes(label) && pattern.test(question.trim()))?.[0] ?? 'unknown';
}
