/** The earlier run as one of the kind that is to be started. */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { Store } from '../../store/blobs.ts';
import type { LoadedSource } from '../input/load-script.ts';
import type { Session } from '../session.ts';
import type { EarlierRlm, EarlierScript } from './earlier.ts';
import { findEarlier } from './find.ts';

type Place = Pick<Session, 'client' | 'store'>;

/** Errors: those of {@link findEarlier}, and BRAID_USAGE for a recursive language model. */
export async function earlierScript(place: Place, run: string): Promise<EarlierScript> {
  const earlier = await findEarlier(place, run);
  if (earlier.kind === 'script') return earlier;
  throw new BraidError('BRAID_USAGE', `${run} is a recursive language model, and a script cannot resume from that.`, {
    fix: `braid rlm --resume-from ${run}; or braid show ${run} --script, for its cells as a script.`,
  });
}

/** Errors: those of {@link findEarlier}, and BRAID_USAGE for a script. */
export async function earlierRlm(place: Place, run: string): Promise<EarlierRlm> {
  const earlier = await findEarlier(place, run);
  if (earlier.kind === 'rlm') return earlier;
  throw new BraidError('BRAID_USAGE', `${run} is a script, and a recursive language model cannot resume from that.`, {
    fix: `braid run --resume-from ${run}`,
  });
}

/** The script that ran (DW-03). Errors: BRAID_BLOB_MISSING when this store does not have it. */
export async function sourceOfEarlier(store: Store, { run, sourceHash, file }: EarlierScript): Promise<LoadedSource> {
  try {
    return { source: await store.getText(sourceHash), file };
  } catch (error) {
    if (!isBraidError(error, 'BRAID_BLOB_MISSING')) throw error;
    throw new BraidError('BRAID_BLOB_MISSING', `The script of ${run} (${file}) is not in this store.`, {
      fix: `Name it: braid run FILE.js --resume-from ${run}; or set BRAID_HOME to the store of that run.`,
      cause: error,
    });
  }
}
