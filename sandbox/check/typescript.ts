/**
 * Says whether the place where JavaScript stops parsing is TypeScript. The parser stood in code there, so looking at the
 * text around it is safe; a wrong guess would only change the words of an error that is due anyway.
 */
export interface TypescriptFinding {
  what: string;
  fix: string;
}

const WINDOW = 400;

export function typescriptAt(source: string, offset: number): TypescriptFinding | null {
  const before = source.slice(Math.max(0, offset - WINDOW), offset);
  const after = source.slice(offset, offset + WINDOW);
  for (const rule of RULES) {
    const finding = rule(before, after);
    if (finding !== null) return finding;
  }
  return null;
}

type Rule = (before: string, after: string) => TypescriptFinding | null;

const PRIMITIVES = 'string|number|boolean|bigint|symbol|any|unknown|never|void|object|null|undefined';
/** A type as it may stand after a colon: a primitive, a name with lower case in it (not a constant), a type literal. */
const TYPE = new RegExp(
  `^\\??\\s*:\\s*(?:(?:${PRIMITIVES}|typeof|keyof|readonly|[A-Z](?:\\w*[a-z]\\w*)?)(?![\\w$(])|[{(\\[])`,
);
const PREDICATE = /^:\s*(?:asserts\s+)?[\w$]+\s+is\s/;
const WORDS = 'interface|type|namespace|module|declare|abstract';
const MODIFIERS = 'private|public|protected|readonly|override|abstract';

const RULES: Rule[] = [declaration, enumeration, assertion, nonNull, modifier, generics, annotation];

function declaration(before: string, after: string): TypescriptFinding | null {
  const opened = new RegExp(`(?:^|[\\n;{}])\\s*(?:export\\s+)?(?:declare\\s+)?(${WORDS})\\s+$`).exec(before)?.[1];
  const exported = /\bexport\s+$/.test(before) ? new RegExp(`^(?:${WORDS})\\b`).exec(after)?.[0] : undefined;
  const word = opened ?? exported;
  if (word !== undefined && /^[\w$]/.test(after))
    return { what: `The \`${word}\` declaration`, fix: `Remove the \`${word}\` declaration.` };
  if (/\bimport\s+type\s+$/.test(before)) return { what: '`import type`', fix: 'Remove the import.' };
  return null;
}

function enumeration(before: string, after: string): TypescriptFinding | null {
  if (!/^enum\s+[\w$]/.test(after) && !/\benum\s+$/.test(before)) return null;
  return { what: 'An `enum`', fix: 'Write a plain object instead: const Color = { Red: "red" }.' };
}

function assertion(_before: string, after: string): TypescriptFinding | null {
  const word = /^(as|satisfies)\s+[\w{(["'`]/.exec(after)?.[1];
  return word === undefined ? null : { what: `\`${word}\` with a type`, fix: `Remove \`${word} …\`.` };
}

function nonNull(before: string, after: string): TypescriptFinding | null {
  if (!/[\w$)\]]$/.test(before) || !/^!(?:\s*[.;,)\]}=+*/&|?:-]|\[|\s*$|\s*\n)/.test(after)) return null;
  return { what: 'The non-null mark `!`', fix: 'Remove the `!`.' };
}

function modifier(before: string, after: string): TypescriptFinding | null {
  if (/^implements\b/.test(after)) return { what: '`implements`', fix: 'Remove the `implements` clause.' };
  const word =
    new RegExp(`(?:^|[\\s{;}(,])(${MODIFIERS})\\s+$`).exec(before)?.[1] ??
    new RegExp(`^(${MODIFIERS})\\s+[\\w$#]`).exec(after)?.[1];
  return word === undefined ? null : { what: `The modifier \`${word}\``, fix: `Remove \`${word}\`.` };
}

function generics(before: string, after: string): TypescriptFinding | null {
  const parameters =
    after.startsWith('<') &&
    /(?:\bfunction\s*[\w$]*|\bclass\s+[\w$]+|[=(,:>]|\breturn|\basync|\bawait|[\w$])\s*$/.test(before);
  const inCall = /^[)\]]/.test(after) && /[\w$]<[\w\s$,.<>[\]|{}:'"]*(?:>\s*\(|\[)$/.test(before);
  const statement = after.startsWith('<') && /(?:^|[\n;{}])\s*$/.test(before) && /^<[A-Z]\w*>/.test(after);
  if (!parameters && !inCall && !statement) return null;
  return { what: 'A type in angle brackets', fix: 'Remove the angle brackets and the types in them.' };
}

function annotation(before: string, after: string): TypescriptFinding | null {
  const declared = /\b(?:const|let|var)\s+(?:[\w$]+|[[{][^=;]*[\]}])\s*$/.test(before) && /^[?!]?\s*:/.test(after);
  const parameter = /[(,{;}\n]\s*(?:static\s+)?(?:\.\.\.)?(?:[\w$#]+|[\]}])\s*\??\s*$/.test(before) && TYPE.test(after);
  const destructured = /[(,]\s*[[{][^()]*[\]}]\s*$/.test(before) && TYPE.test(after);
  const returned =
    /\)\s*$/.test(before) && (TYPE.test(after) || PREDICATE.test(after)) && /^:[^;]*?(?:=>|\{)/.test(after);
  const receiver = /^this\s*:/.test(after) && /\(\s*$/.test(before);
  if (!declared && !parameter && !destructured && !returned && !receiver) return null;
  const shown = /^[?!]?\s*:\s*[\w$.<>[\]| ]*/.exec(after)?.[0].trim().slice(0, 40) ?? '';
  return shown.length > 1
    ? { what: `The type annotation \`${shown}\``, fix: `Remove \`${shown}\`.` }
    : { what: 'A type annotation', fix: 'Remove the type annotation.' };
}
