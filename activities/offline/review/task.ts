/** What a prompt asks the reviewer for. */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import type { Conversation } from '../rule-model.ts';
import { jsonIn, placeOf, placesIn, wordsOf } from './prompt-text.ts';
import type { Dimension } from './rule.ts';
import { SOURCE_NAME } from './source.ts';

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
  /** Only what the diff adds is to be reported. */
  onlyAdded: boolean;
}

const DIMENSION_WORDS: [Dimension, RegExp][] = [
  ['bugs', /\bbugs?\b|correct|\berrors?\b|robust|reliab|promise|exception|\blogic\b/i],
  ['performance', /perf|\bspeed|\bslow|latency|efficien|scalab/i],
  ['security', /secur|vulnerab|injection|attack|exploit/i],
];
const ALL: readonly Dimension[] = ['bugs', 'performance', 'security'];
const VERIFY =
  /\brefut|\bverif|\bdisprov|\bsceptic|\bskeptic|\bdouble.?check|is (?:it|this) (?:real|true)|\bjudge\b|\bconfirm (?:or|whether|that)/i;
const KNOWN = /do not report|don't report|not report again|already (?:known|reported|seen|found)|what is known/i;
/** Characters of a prompt that serve as the title of its claim. */
const TITLE = 2_000;
const ONLY_ADDED =
  /\bonly\b.{0,30}\b(?:lines|code)\b.{0,20}\b(?:adds?|added|new)\b|\bonly\b.{0,20}\b(?:added|new) lines\b/i;
const LIST = /\blist\b.{0,40}\bfiles\b|\bwhich files\b/i;

export function taskOf({ user, submitSchema }: Conversation): Task {
  const prompt = user[0] ?? '';
  const cut = KNOWN.exec(prompt)?.index ?? prompt.length;
  const asked = prompt.slice(0, cut);
  const words = wordsOf(asked);
  const claims = claimsOf(asked, words);
  const isVerify =
    (VERIFY.test(asked) || isVerdictSchema(submitSchema)) && (claims.length > 0 || !wantsList(submitSchema));
  const named = DIMENSION_WORDS.filter(([, pattern]) => pattern.test(asked)).map(([dimension]) => dimension);
  return {
    kind: isVerify ? 'verify' : LIST.test(asked) && !wantsList(submitSchema) ? 'list' : 'review',
    dimensions: new Set(isVerify || named.length === 0 ? ALL : named),
    paths: words.filter((word) => /[/.]/.test(word)).map((word) => placeOf(word)?.file ?? word),
    folders: foldersOf(asked),
    claims,
    known: new Set(placesIn(prompt.slice(cut)).map(({ file, line }) => `${file}:${line}`)),
    onlyAdded: ONLY_ADDED.test(asked),
    wantsDiff: /\bdiff\b|\bchanges\b(?! does)|pull request|\bpatch\b/i.test(asked) && claims.length === 0,
  };
}

/** Places that the prompt makes claims about: JSON objects with a file or a line, else `file:line` in the text. */
function claimsOf(asked: string, words: readonly string[]): Claim[] {
  const claims = objectsIn(jsonIn(asked)).map(claimOfObject);
  const placed = claims.filter((claim) => claim.line !== null || claim.file !== null);
  if (placed.length > 0) return placed;
  const title = asked.slice(0, TITLE);
  const place = words.map(placeOf).find((found) => found !== null);
  if (place !== undefined) return [{ ...place, title }];
  // "Read src/a.ts around line 12"
  const at = words.findIndex((word, index) => word.toLowerCase() === 'line' && /^\d+$/.test(words[index + 1] ?? ''));
  const file = words.slice(0, Math.max(0, at)).findLast((word) => SOURCE_NAME.test(word));
  return at === -1 || file === undefined ? [] : [{ file, line: Number(words[at + 1]), title }];
}

/** The objects of a list, or of a list inside an object. */
function objectsIn(values: readonly Json[]): JsonObject[] {
  const flat = values.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isJsonObject);
  return flat.flatMap((value) => {
    const inner = Object.values(value).find((member) => Array.isArray(member) && member.some(isJsonObject));
    return Array.isArray(inner) ? inner.filter(isJsonObject) : [value];
  });
}

function claimOfObject(value: JsonObject): Claim {
  const entry = (names: RegExp): Json | undefined => Object.entries(value).find(([name]) => names.test(name))?.[1];
  const file = entry(/^(?:file|path|file_?name|file_?path)$/i);
  const line = entry(/^(?:line|line_?number|start_?line|line_?start)$/i);
  const title = textOf(entry(/^(?:title|name|summary|issue|finding|claim|problem)$/i));
  const place = placeOf(textOf(entry(/^(?:location|place|where)$/i))) ?? placesIn(title)[0];
  const number = typeof line === 'string' && /^\d+$/.test(line) ? Number(line) : line;
  return {
    file: typeof file === 'string' ? file : (place?.file ?? null),
    line: typeof number === 'number' ? number : (place?.line ?? null),
    title,
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Names after "only at", "under", "folder" …, up to the end of that list. */
function foldersOf(asked: string): string[] {
  const lists = asked.matchAll(
    /\b(?:only (?:at|in)|under|inside|folders?|directory|directories|paths?)[:\s]([^\n.;]*)/gi,
  );
  return [...lists]
    .flatMap((match) => (match[1] ?? '').slice(0, TITLE).split(/[\s,]+/))
    .map((word) => word.replace(/\/+$/, ''));
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
