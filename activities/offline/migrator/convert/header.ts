/** Lines that a migrated module needs at its top: imports that had no place of their own, and what CommonJS gave for free. */
import type { Scopes } from './scopes.ts';

export class Header {
  private readonly scopes: Scopes;
  private readonly end: string;
  private readonly imports = new Map<string, string>();
  private readonly locals = new Map<string, string>();
  private readonly lines = new Map<string, string>();

  constructor(scopes: Scopes, end: string) {
    this.scopes = scopes;
    this.end = end;
  }

  /** The local name of a module that is imported once for all expressions that required it. */
  hoisted(specifier: string, wanted: string, line: (local: string) => string): string {
    const known = this.locals.get(specifier);
    if (known !== undefined) return known;
    const local = this.scopes.fresh(wanted);
    this.locals.set(specifier, local);
    this.imports.set(`hoisted ${specifier}`, line(local));
    return local;
  }

  /** `require` itself stays. */
  require(): void {
    const create = this.named('node:module', 'createRequire');
    this.lines.set('require', `const require = ${create}(import.meta.url)${this.end}`);
  }

  filename(): void {
    const toPath = this.named('node:url', 'fileURLToPath');
    this.lines.set('__filename', `const __filename = ${toPath}(import.meta.url)${this.end}`);
  }

  dirname(): void {
    const folder = this.named('node:path', 'dirname');
    const toPath = this.named('node:url', 'fileURLToPath');
    this.lines.set('__dirname', `const __dirname = ${folder}(${toPath}(import.meta.url))${this.end}`);
  }

  /** The name of what says whether this file was started, and not imported. A command is started by a link: both paths are real ones. */
  isMain(): string {
    const known = this.locals.get('isMain');
    if (known !== undefined) return known;
    const name = this.scopes.fresh('isMain');
    this.locals.set('isMain', name);
    const real = this.named('node:fs', 'realpathSync');
    const toPath = this.named('node:url', 'fileURLToPath');
    const started = `process.argv[1] !== undefined && ${real}(process.argv[1]) === ${toPath}(import.meta.url)`;
    this.lines.set('isMain', `const ${name} = ${started}${this.end}`);
    return name;
  }

  /** Any other line, once. */
  line(text: string): void {
    this.lines.set(text, text + this.end);
  }

  get importLines(): string[] {
    return [...this.imports.values()];
  }

  get constantLines(): string[] {
    return [...this.lines.values()];
  }

  private named(specifier: string, name: string): string {
    const key = `${specifier} ${name}`;
    const known = this.locals.get(key);
    if (known !== undefined) return known;
    const local = this.scopes.fresh(name);
    this.locals.set(key, local);
    const clause = local === name ? name : `${name} as ${local}`;
    this.imports.set(key, `import { ${clause} } from '${specifier}'${this.end}`);
    return local;
  }
}
