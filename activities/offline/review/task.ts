/** What a prompt asks the reviewer for. */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import type { Conversation } from '../rule-model.ts';
import type { Dimension } from './rule.ts';

export interface Claim {
  file: string | null;
  line: number | null;
  title: string;
}

export interface Task {
  kind: 'review' | 'verify' | 'list';
  dimensions: ReadonlySet<Dimension>;
  /** Words of the prompt that may be paths; the caller keeps those that exist. */
  paths: string[];
  /** Also words without a slash or an extension, where the prompt says that they are folders. */
  folders: string[];
  claims: Claim[];
  /** `file:line` places that are known already and not to be reported again. */
  known: ReadonlySet<string>;
  wantsDiff: boolean;
}

const DIMENSION_WORDS: [Dimension, RegExp][] = [
  ['bugs', /\bbugs?\b|correct|\berrors?\b|robust|reliab|promise|exception|\blogic\b/i],
  ['performance', /perf|\bspeed|\bslow|latency|efficien|scalab/i],
  ['security', /secur|vulnerab|injection|attack|exploit/i],
];
const ALL: readonly Dimension[] = ['bugs', 'performance', 'security'];
const VERIFY = /\brefut|\bverif|\bdisprov|\bsceptic|\bskeptic|\bdouble.?check|is (?:it|this) (?:real|true)|\bjudge\b|\bconfirm (?:or|whether|that)/i;
const KNOWN = /do not report|don't report|not report again|already (?:known|reported|seen|found)|what is known/i;
const LIST = /\blist\b.{0,40}\bfiles\b|\bwhich files\b/i;

export function taskOf({ user, submitSchema }: Conversation): Task {
  const prompt = user[0] ?? '';
  const cut = KNOWN.exec(prompt)?.index;
  const asked = cut === undefined ? prompt : prompt.slice(0, cut);
  const claims = claimsOf(asked);
  const isVerify = (VERIFY.test(asked) || isVerdictSchema(submitSchema)) && (claims.length > 0 || !wantsList(submitSchema));
  const named = ALL.filter((dimension) => DIMENSION_WORDS.some(([name, words]) => name === dimension && words.test(asked)));
  return {
    kind: isVerify ? 'verify' : LIST.test(asked) && !wantsList(submitSchema) ? 'list' : 'review',
    dimensions: new Set(isVerify || named.length === 0 ? ALL : named),
    paths: [...asked.matchAll(/[\w@.-]*[\w@-][/.][\w@./-]*[\w@-]/g)].map((match) => match[0]),
    folders: foldersOf(asked),
    claims,
    known: new Set(cut === undefined ? [] : [...prompt.slice(cut).matchAll(/[\w@./-]+:\d+/g)].map((match) => match[0])),
    wantsDiff: /\bdiff\b|\bchanges\b(?! does)|pull request|\bpatch\b/i.test(asked) && claims.length === 0,
  };
}

/** Places that the prompt makes claims about: JSON objects with a line, else `file:line` in the text. */
function claimsOf(prompt: string): Claim[] {
  const found = jsonIn(prompt).flatMap((value) => (Array.isArray(value) ? value : [value]));
  const claims = found.filter(isJsonObject).map(claimOfObject).filter((claim) => claim.line !== null || claim.file !== null);
  if (claims.length > 0) return claims;
  const text = /([\w@./-]+\.\w+):(\d+)/.exec(prompt);
  if (text?.[1] !== undefined) return [{ file: text[1], line: Number(text[2]), title: prompt }];
  const words = /\b(?:read|in|file)\s+([\w@./-]+\.\w+)\b[\s\S]{0,60}?\bline\s+(\d+)/i.exec(prompt);
  return words?.[1] === undefined ? [] : [{ file: words[1], line: Number(words[2]), title: prompt }];
}

function claimOfObject(value: JsonObject): Claim {
  const entry = (names: RegExp): Json | undefined => Object.entries(value).find(([name]) => names.test(name))?.[1];
  const location = /^(.+):(\d+)$/.exec(textOf(entry(/^(?:location|place|where)$/i)));
  const file = entry(/^(?:file|path|file_?name|file_?path)$/i);
  const line = entry(/^(?:line|line_?number|start_?line|line_?start)$/i);
  const title = textOf(entry(/^(?:title|name|summary|issue|finding|claim|problem)$/i));
  const inTitle = /([\w@./-]+\.\w+):(\d+)/.exec(title);
  return {
    file: typeof file === 'string' ? file : (location?.[1] ?? inTitle?.[1] ?? null),
    line: typeof line === 'number' ? line : Number(line ?? location?.[2] ?? inTitle?.[2] ?? Number.NaN) || null,
    title,
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** JSON objects and arrays that stand in a text, outermost ones. */
function jsonIn(text: string): Json[] {
  const found: Json[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '{' && text[at] !== '[') continue;
    const end = closing(text, at);
    if (end === -1) continue;
    try {
      found.push(JSON.parse(text.slice(at, end + 1)) as Json);
      at = end;
    } catch {
      continue; // braces of prose or code
    }
  }
  return found;
}

/** Offset of the bracket that closes the one at `start`, with strings skipped; -1 when there is none nearby. */
function closing(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  const limit = Math.min(text.length, start + 200_000);
  for (let at = start; at < limit; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"' || char === '\n') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function foldersOf(prompt: string): string[] {
  const lists = prompt.matchAll(/\b(?:only (?:at|in)|under|inside|folders?|director(?:y|ies)|paths?)[:\s]+((?:[\w@./-]+)(?:,\s*[\w@./-]+)*)/gi);
  return [...lists].flatMap((match) => (match[1] ?? '').split(/,\s*/)).map((word) => word.replace(/[./]+$/, ''));
}

const VERDICT_NAME = /^(?:is_?real|real|refuted|confirmed|valid|is_?valid|verdict|holds|false_?positive|is_?bug)$/i;

function isVerdictSchema(schema: JsonObject | null): boolean {
  return Object.keys(propertiesOf(schema)).some((name) => VERDICT_NAME.test(name));
}

/** Whether the answer is to hold a list of objects: findings. */
function wantsList(schema: JsonObject | null): boolean {
  return Object.values(propertiesOf(schema)).some((property) => {
    const items = isJsonObject(property) && property['type'] === 'array' ? property['items'] : undefined;
    return isJsonObject(items) && (items['type'] === 'object' || items['$ref'] !== undefined);
  });
}

function propertiesOf(schema: JsonObject | null): JsonObject {
  const properties = schema?.['properties'];
  return isJsonObject(properties) ? properties : {};
}
