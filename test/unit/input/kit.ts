import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Place } from '../../../client/input/place.ts';
import { isBraidError, type BraidError } from '../../../protocol/errors.ts';

export interface TestPlace extends Place {
  /** Writes a file below the folder that holds `cwd` and `home`: `cwd/a.js`, `home/.braid/…`. */
  put(path: string, text: string): Promise<string>;
}

export async function testPlace(options: { env?: Place['env']; stdin?: string } = {}): Promise<TestPlace> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'braid-input-')));
  for (const folder of ['cwd', 'home']) await mkdir(join(base, folder));
  return {
    cwd: join(base, 'cwd'),
    home: join(base, 'home'),
    env: options.env ?? {},
    stdin: () => Promise.resolve(options.stdin ?? ''),
    put: async (path, text) => {
      await mkdir(dirname(join(base, path)), { recursive: true });
      await writeFile(join(base, path), text);
      return join(base, path);
    },
  };
}

export async function refusal(work: () => unknown): Promise<BraidError> {
  try {
    await work();
  } catch (error) {
    if (isBraidError(error)) return error;
    throw error;
  }
  throw new Error('was not refused');
}
