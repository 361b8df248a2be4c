/** What is known of a workspace's modules: the list of its files and the texts that were read, and which texts are still wanted. */
import { resolveFile, joined, isRelative, kindOf, relativeTo, type Target, type World } from './convert/target.ts';
import { shapeOf, type Shape } from './convert/shape.ts';

export class Workspace implements World {
  /** Files whose text was asked for and is not known. */
  readonly wanted = new Set<string>();
  private readonly files: ReadonlySet<string>;
  private readonly textOf: (path: string) => string | null | undefined;
  private readonly shapes = new Map<string, Shape | null>();

  constructor(files: ReadonlySet<string>, textOf: (path: string) => string | null | undefined) {
    this.files = files;
    this.textOf = textOf;
  }

  target(from: string, specifier: string): Target {
    if (!isRelative(specifier)) {
      const kind = specifier.endsWith('.json') ? 'json' : kindOf(specifier);
      return { kind, specifier, shape: null, found: kind === 'builtin' };
    }
    const path = resolveFile(this.files, from, specifier);
    if (path === null) return { kind: 'module', specifier, shape: null, found: false };
    const kind = path.endsWith('.json') ? 'json' : path.endsWith('.node') ? 'native' : 'module';
    const shape = kind === 'module' ? this.shape(path) : null;
    return { kind, specifier: relativeTo(from, path), shape, found: true };
  }

  folder(from: string, folder: string): (Shape | null)[] {
    const inside = joined(from, folder);
    if (inside === null) return [];
    const prefix = inside === '' ? '' : `${inside}/`;
    return [...this.files]
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .filter((path) => path.endsWith('.js') && path !== from)
      .map((path) => this.shape(path));
  }

  private shape(path: string): Shape | null {
    const known = this.shapes.get(path);
    if (known !== undefined) return known;
    // A file of CommonJS by its name stays one: it is one value to those that import it.
    if (path.endsWith('.cjs')) return { isDefault: true, names: new Set() };
    const text = this.textOf(path);
    if (text === undefined) {
      this.wanted.add(path);
      return null;
    }
    if (text === null) return null;
    // Modules may export each other: the second one to ask gets no answer.
    this.shapes.set(path, null);
    const shape = shapeOf(path, text, (by, specifier) => this.target(by, specifier).shape);
    this.shapes.set(path, shape);
    return shape;
  }
}
