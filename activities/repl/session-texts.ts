/** The texts of a session: its context's parts, then its question when that is long; and what spans of them are in the store. */
import type { ContextRef, PromptText, TextRef } from '../../protocol/context.ts';
import { isTextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { CONTEXT, REPL } from '../../protocol/limits.ts';
import type { ReplOpen } from '../../protocol/repl.ts';
import type { GuestSpan, ReplGuestOptions } from '../../sandbox/repl/types.ts';
import type { Store } from '../../store/blobs.ts';
import { getManifest } from '../../store/contexts/manifest.ts';
import type { ContextShares, SharedContext } from '../../store/contexts/shared.ts';
import { textRefOf } from '../../store/contexts/refs.ts';
import { promptLength, readPrompt, type ReadText } from '../read-text.ts';
import type { ThreadText } from './thread-messages.ts';

export interface SessionTexts {
  context: ReplGuestOptions['context'];
  question: ReplGuestOptions['question'];
  /** Contexts that the thread reads, each once. */
  shared: SharedContext[];
  /** The session's texts, as ranges of them. */
  ranges: ThreadText[];
  /** What a span of a session's text is in the store. Errors: BRAID_INTERNAL for one that does not exist. */
  refOf(span: GuestSpan): TextRef;
  /** Lets go of the shared contexts. */
  release(): void;
}

type NamedRef = TextRef & { name: string | null };

export interface TextDesk {
  store: Store;
  /** The contexts that this process has in memory. */
  shares: ContextShares;
  readText: ReadText;
}

/** Errors: those of the store, BRAID_CONTEXT_TOO_LARGE for a JSON value that no guest could hold. */
export async function openSessionTexts(desk: TextDesk, { context, question }: ReplOpen): Promise<SessionTexts> {
  const { store, shares } = desk;
  const refs = context === null || context.kind === 'json' ? [] : await refsOf(store, context);
  const asked = await questionOf(desk, question);
  if (typeof asked !== 'string') refs.push({ ...asked, name: 'question' });
  const value = context === null ? null : await guestContext(desk, context);
  const hashes = [...new Set(refs.map(({ manifest }) => manifest))];
  const places = new Map(hashes.map((hash, i) => [hash, i]));
  const shared = await acquireAll(shares, hashes);
  return {
    context: value,
    question: typeof asked === 'string' ? { text: asked } : { doc: refs.length - 1 },
    shared,
    ranges: refs.map(({ manifest, ...range }) => ({ ...range, shared: places.get(manifest) ?? -1 })),
    refOf: (span) => refOf(refs, span),
    release: () => hashes.forEach((hash) => shares.release(hash)),
  };
}

/** All of them, or none is held. */
async function acquireAll(shares: ContextShares, hashes: readonly string[]): Promise<SharedContext[]> {
  const asked = await Promise.allSettled(hashes.map((hash) => shares.acquire(hash)));
  const failed = asked.find((each) => each.status === 'rejected');
  if (failed === undefined) return asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  asked.forEach((each, i) => each.status === 'fulfilled' && shares.release(hashes[i] ?? ''));
  throw failed.reason;
}

async function refsOf(store: Store, { of }: ContextRef): Promise<NamedRef[]> {
  if ('pieces' in of) return [...of.pieces];
  const { parts } = await getManifest(store, of.manifest);
  return parts.map(({ length }, part) => ({ manifest: of.manifest, part, start: 0, end: length, name: null }));
}

async function guestContext({ store, readText }: TextDesk, context: ContextRef): Promise<ReplGuestOptions['context']> {
  if (context.kind !== 'json') return { kind: context.kind };
  if (context.length > CONTEXT.jsonChars) {
    const message = `The context is a JSON value of ${context.length} characters; one may have ${CONTEXT.jsonChars}.`;
    throw new BraidError('BRAID_CONTEXT_TOO_LARGE', message, { fix: 'Give it as text or as JSON lines.' });
  }
  const refs = await refsOf(store, context);
  const text = (await Promise.all(refs.map(readText))).join('');
  return { kind: 'json', value: JSON.parse(text) as Json };
}

/** The whole question, or where a long one is. A long text gets its place from its content, so all replays agree on it (V1). */
async function questionOf({ store, readText }: TextDesk, question: PromptText): Promise<string | TextRef> {
  if (promptLength(question) <= REPL.lazyChars) return readPrompt(question, readText);
  const [only, ...others] = typeof question === 'string' ? [] : question;
  if (isTextRef(only) && others.length === 0) return only;
  return textRefOf(store, await readPrompt(question, readText));
}

function refOf(refs: readonly NamedRef[], { doc, start, end }: GuestSpan): TextRef {
  const ref = refs[doc];
  // The guest's numbers: it may only name what it was given.
  const fits = ref !== undefined && 0 <= start && start <= end && ref.start + end <= ref.end;
  if (!fits)
    throw new BraidError(
      'BRAID_INTERNAL',
      `A cell named the span ${start} to ${end} of text ${doc}, which is not there.`,
    );
  const { manifest, part } = ref;
  return { manifest, part, start: ref.start + start, end: ref.start + end };
}
