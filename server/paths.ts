import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where downloaded and built binaries live: they can be had again, so not in BRAID_HOME. BRAID_CACHE overrides. */
export function cacheFolder(env: Env, platform: NodeJS.Platform = process.platform): string {
  if (env['BRAID_CACHE']) return env['BRAID_CACHE'];
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'braid');
  const home = env['HOME'] || homedir();
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'braid') : join(home, '.cache', 'braid');
}

/** What `server/` keeps below BRAID_HOME. */
export function homePaths(home: string) {
  return {
    logs: join(home, 'logs'),
    /** One file per worker and background process. */
    run: join(home, 'run'),
    serverLock: join(home, 'locks', 'server'),
    backgroundLock: join(home, 'locks', 'background'),
  };
}
