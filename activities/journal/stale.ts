/**
 * Which calls read something of the workspace that is another now (design §6).
 *
 *  S1  What was read is asked again of the new run's snapshot, each question once, and hashes are compared.
 *  S2  What cannot be asked again counts as changed: a call is rather repeated than served with what is no longer true.
 *  S3  What is below a call that turns out stale is looked at as well, to any depth.
 */
import type { ReadRecord } from '../../protocol/activities.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { canonicalJson, isJsonObject, type Json } from '../../protocol/json.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { READ_TOOLS } from '../../protocol/tool-names.ts';
import type { Found } from '../../histories/journal/draft.ts';
import type { Gatherer } from '../../histories/journal/gather.ts';
import { createLimiter } from '../../store/limiter.ts';
import { readOverlay } from '../../store/overlays.ts';
import { TOOLS } from '../tools/index.ts';
import { fileRecord } from '../tools/read.ts';
import type { ToolContext } from '../tools/tool.ts';
import { overlaid } from '../workspace/overlaid.ts';
import type { Snapshot } from '../workspace/snapshot.ts';

/** Questions at once: searches share two threads, and file reads end at once. */
const AT_ONCE = 4;

/** The hash of what a read gives now; null when it cannot be asked. */
type Ask = (read: ReadRecord) => Promise<string | null>;

/** Marks what is stale and opens what is below it. `workspace` is asked for only when something was read; null: there is none. */
export async function markStale(gatherer: Gatherer, workspace: () => Promise<ToolContext | null>): Promise<void> {
  const seen = new Set<string>();
  let ask: Ask | undefined;
  for (;;) {
    const fresh = gatherer.draft.all().filter(({ entry }) => entry.reads.length > 0 && !seen.has(idOf(entry)));
    if (fresh.length === 0) return;
    ask ??= askOnce(await workspace());
    for (const found of fresh) {
      seen.add(idOf(found.entry));
      await judge(found, ask, gatherer);
    }
  }
}

async function judge(found: Found, ask: Ask, gatherer: Gatherer): Promise<void> {
  const { entry, below, at } = found;
  const now = await Promise.all(entry.reads.map(ask));
  const stale = now.some((hash, i) => hash !== entry.reads[i]?.hash);
  found.entry = { ...entry, stale };
  if (stale && below !== null && entry.failed === null) await gatherer.open(below, at);
}

function askOnce(context: ToolContext | null): Ask {
  if (context === null) return () => Promise.resolve(null);
  const asked = new Map<string, Promise<string | null>>();
  const limit = createLimiter(AT_ONCE);
  return (read) => {
    const name = `${read.kind} ${read.overlay ?? ''} ${read.what}`;
    const known = asked.get(name) ?? limit(() => readAgain(read, context));
    asked.set(name, known);
    return known;
  };
}

/** S1. Files are known by path, all else by the call of the tool that read it (tool.ts, `answer`). */
async function readAgain({ kind, what, overlay }: ReadRecord, context: ToolContext): Promise<string | null> {
  // A command may have read anything.
  if (what === 'bash') return context.snapshot.hash;
  if (kind === 'file') return fileRecord(what, context.snapshot.entry(what)).hash;
  const [, name = '', text = ''] = /^([a-z_]+) (.*)$/s.exec(what) ?? [];
  const input = parsed(text);
  const tool = READ_TOOLS.some((known) => known === name) ? TOOLS[name] : undefined;
  if (tool === undefined || !isJsonObject(input)) return null;
  const { snapshot } = context;
  // The agent's own changes over the files that there are now: what it would see again.
  const seen = overlay === undefined ? snapshot : await throughChanges(snapshot, overlay);
  if (seen === null) return null;
  const { reads } = await tool.run(input, { ...context, snapshot: seen });
  return reads.find((read) => read.kind === kind && read.what === `${name} ${canonicalJson(input)}`)?.hash ?? null;
}

/** S2: null when the changes are gone, or cannot lie over what is there now. */
async function throughChanges(base: Snapshot, overlay: OverlayRef): Promise<Snapshot | null> {
  try {
    return overlaid(base, await readOverlay(base.store, overlay));
  } catch (error) {
    if (isBraidError(error, 'BRAID_BLOB_MISSING') || isBraidError(error, 'BRAID_BLOB_CORRUPT')) return null;
    throw error;
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function idOf({ kind, path, hash, ordinal }: Found['entry']): string {
  return `${kind}|${path}|${hash}|${ordinal}`;
}
