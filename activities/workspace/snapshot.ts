import type { Store } from '../../store/blobs.ts';
import { parseManifest, type Entry, type Manifest } from '../../store/workspace-manifest.ts';

/** A folder's own content: names without the path, in order. */
interface Folder {
  folders: string[];
  files: string[];
}

/** A folder as it was when the run started. Immutable: it answers the same for the whole run, on any worker. */
export class Snapshot {
  /** Hash of the manifest. */
  readonly hash: string;
  /** The folder on disk; only git commands look there, and only at commits. */
  readonly root: string;
  readonly manifest: Manifest;
  /** Bytes of all texts. */
  readonly bytes: number;
  readonly store: Store;
  #folders: Map<string, Folder> | undefined;

  constructor(store: Store, root: string, hash: string, manifest: Manifest) {
    this.store = store;
    this.root = root;
    this.hash = hash;
    this.manifest = manifest;
    let bytes = 0;
    for (const entry of manifest.entries.values()) if (entry.kind === 'text') bytes += entry.size;
    this.bytes = bytes;
  }

  static async load(store: Store, root: string, hash: string): Promise<Snapshot> {
    return new Snapshot(store, root, hash, parseManifest(await store.getText(hash), hash));
  }

  /** All paths, in order of UTF-16 units. */
  get paths(): IterableIterator<string> {
    return this.manifest.entries.keys();
  }

  entry(path: string): Entry | undefined {
    return this.manifest.entries.get(path);
  }

  /** The content of a folder (`''` is the root), or `undefined` when there is none of that name. */
  folder(path: string): Folder | undefined {
    this.#folders ??= foldersOf(this.paths);
    return this.#folders.get(path);
  }

  text(entry: Entry & { hash: string }): Promise<string> {
    return this.store.getText(entry.hash);
  }

  /** The diff against `--base`, or null when the run has none. */
  async diff(): Promise<string | null> {
    const base = this.manifest.base;
    return base === null ? null : this.store.getText(base.diff);
  }

  /** What an agent sees changed beside that (overlaid.ts), as a patch; null where nobody can change anything. */
  changes(_signal: AbortSignal): Promise<string | null> {
    return Promise.resolve(null);
  }
}

function foldersOf(paths: Iterable<string>): Map<string, Folder> {
  const folders = new Map<string, Folder>([['', { folders: [], files: [] }]]);
  const open = (path: string): Folder => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const folder: Folder = { folders: [], files: [] };
    folders.set(path, folder);
    const [parent, name] = split(path);
    open(parent).folders.push(name);
    return folder;
  };
  for (const path of paths) {
    const [parent, name] = split(path);
    open(parent).files.push(name);
  }
  return folders;
}

function split(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}
