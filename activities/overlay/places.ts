import type { Overlay } from '../../protocol/overlay.ts';
import { foldersAbove, ownMember } from '../../store/overlays.ts';
import type { Manifest } from '../../store/workspace-manifest.ts';

/** Which paths are files while changes are laid over a snapshot, to see where a new one would be a file and a folder at once. */
export class Places {
  readonly #manifest: Manifest;
  readonly #changes: Overlay['changes'];
  /** What was set here: there or gone. */
  readonly #now = new Map<string, boolean>();
  #sorted: string[] | undefined;

  constructor(manifest: Manifest, overlay: Overlay) {
    this.#manifest = manifest;
    this.#changes = overlay.changes;
  }

  set(path: string, there: boolean): void {
    this.#now.set(path, there);
  }

  /** The file that stands above or below `path`, or null. */
  clash(path: string): string | null {
    const above = foldersAbove(path).find((folder) => this.#isFile(folder));
    if (above !== undefined) return above;
    const start = `${path}/`;
    for (const other of [...Object.keys(this.#changes), ...this.#now.keys()]) {
      if (other.startsWith(start) && this.#isFile(other)) return other;
    }
    this.#sorted ??= [...this.#manifest.entries.keys()];
    for (let at = firstFrom(this.#sorted, start); this.#sorted[at]?.startsWith(start) === true; at++) {
      const other = this.#sorted[at] ?? '';
      if (this.#isFile(other)) return other;
    }
    return null;
  }

  #isFile(path: string): boolean {
    const now = this.#now.get(path);
    if (now !== undefined) return now;
    const change = ownMember(this.#changes, path);
    return change === undefined ? this.#manifest.entries.has(path) : change !== null;
  }
}

/** Index of the first of the sorted names that is not before `start`. */
function firstFrom(sorted: readonly string[], start: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
