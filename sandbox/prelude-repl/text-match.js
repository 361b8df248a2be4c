/** Regular expressions over texts that are too large for a string: the host searches. */
import { fault } from '../prelude/errors.js';
import { add, flagsOf, indexOf, isRegExp, NativeRegExp, put } from './intrinsics.js';

/** Matches that one call may give. */
const MOST = 100_000;

export function matchIn(text, pattern) {
  const regex = isRegExp(pattern) ? pattern : new NativeRegExp(pattern);
  if (indexOf(flagsOf(regex), 'g') < 0) {
    const hits = text.grep(regex, 1);
    return hits.length === 0 ? null : asMatch(hits[0]);
  }
  const hits = allHits(text, regex);
  const list = [];
  for (let i = 0; i < hits.length; i++) add(list, hits[i].match);
  return list.length === 0 ? null : list;
}

export function* matchAllIn(text, pattern) {
  const hits = allHits(text, isRegExp(pattern) ? pattern : new NativeRegExp(pattern, 'g'));
  for (let i = 0; i < hits.length; i++) yield asMatch(hits[i]);
}

export function searchIn(text, pattern) {
  const hits = text.grep(isRegExp(pattern) ? pattern : new NativeRegExp(pattern), 1);
  return hits.length === 0 ? -1 : hits[0].index;
}

function allHits(text, regex) {
  const hits = text.grep(regex, MOST);
  if (hits.length < MOST) return hits;
  throw fault(
    'BRAID_CONTEXT_TOO_LARGE',
    'More than ' + MOST + ' matches. Search a slice at a time, or use grep() with a limit.',
  );
}

function asMatch({ index, match, groups }) {
  const found = [match];
  for (let i = 0; i < groups.length; i++) add(found, groups[i] ?? undefined);
  put(found, 'index', index);
  return found;
}
