/** Command lines of the two ways into a sandbox. */
import { lstatSync, readlinkSync } from 'node:fs';
import { SHELL } from '../../../protocol/limits.ts';
import { DROP, ENTER, INIT } from './inside.ts';

export type SandboxKind = 'bubblewrap' | 'unshare';

export interface Place {
  /** An empty folder, for the new root. */
  root: string;
  workspace: string;
  /** Folder with the few files of /etc. */
  etc: string;
  /** User id that owns the workspace, where the worker is a superuser; else null: the worker's own. */
  kuid: number | null;
  network: boolean;
  /** Further paths, at the same place inside. */
  readOnly: readonly string[];
  /** What of the user's folder is seen in the workspace: source, and an empty folder's path in the workspace. */
  shared: readonly [source: string, name: string][];
}

/** Where the worker's own Node is inside: projects without a Node of the system can run their tests. */
const NODE = '/run/braid/bin/node';

/** All that a command sees of an environment: nothing of the worker's. */
const ENVIRONMENT = {
  PATH: '/run/braid/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
  HOME: '/tmp',
  TMPDIR: '/tmp',
  USER: 'braid',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  TERM: 'dumb',
  NO_COLOR: '1',
} as const;

/** Files that {@link Place.etc} has to hold. */
export const ETC: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/:/bin/false\nbraid:x:1000:1000:braid:/tmp:/bin/sh\n',
  group: 'root:x:0:\nbraid:x:1000:\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Program and arguments that run `command`; `sh` and util-linux are found by the worker's PATH. */
export function commandLine(kind: SandboxKind, place: Place, command: string): string[] {
  const inside = [...cleanEnvironment(), ...prlimit(), 'sh', '-c', INIT, 'braid', command];
  return kind === 'bubblewrap' ? bubblewrap(place, inside) : unshare(place, inside);
}

function unshare(place: Place, inside: string[]): string[] {
  const links = systemFolders().filter(({ link }) => link !== null);
  const binds = bindsOf(place);
  return [
    'unshare',
    ...(place.kuid === null ? ['--user', '--map-root-user'] : []),
    ...['--mount', '--ipc', '--uts', '--cgroup', '--pid', '--fork'],
    ...(place.network ? [] : ['--net']),
    ...['--', 'sh', '-c', ENTER, 'braid', place.root, place.workspace, place.kuid?.toString() ?? ''],
    ...[`${SHELL.tmpBytes}`, `${SHELL.shmBytes}`],
    ...[`${links.length}`, ...links.flatMap(({ name, link }) => [link ?? '', name])],
    ...[`${binds.length}`, ...binds.flatMap(([source, target]) => [source, target.slice(1)])],
    ...[`${place.shared.length}`, ...place.shared.flat()],
    ...['sh', '-c', DROP, 'braid', ...inside],
  ];
}

function bubblewrap(place: Place, inside: string[]): string[] {
  const links = systemFolders().flatMap(({ name, link }) => (link === null ? [] : ['--symlink', link, `/${name}`]));
  return [
    'bwrap',
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--cap-drop', 'ALL'],
    ...(place.network ? ['--share-net'] : []),
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'braid'],
    ...links,
    ...bindsOf(place).flatMap(([source, target]) => ['--ro-bind', source, target]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--size', `${SHELL.tmpBytes}`, '--tmpfs', '/tmp', '--size', `${SHELL.shmBytes}`, '--tmpfs', '/dev/shm'],
    ...['--bind', place.workspace, '/workspace'],
    ...place.shared.flatMap(([source, name]) => ['--ro-bind', source, `/workspace/${name}`]),
    ...['--chdir', '/workspace', '--remount-ro', '/', '--', ...inside],
  ];
}

/** Source and target of all that is seen read-only, in an order in which later ones may lie in earlier ones. */
function bindsOf({ etc, network, readOnly }: Place): [string, string][] {
  const folders = systemFolders().flatMap(({ name, link }): [string, string][] =>
    link === null ? [[`/${name}`, `/${name}`]] : [],
  );
  const shared = ['/etc/alternatives', '/etc/ld.so.cache', ...(network ? ['/etc/ssl', '/etc/resolv.conf'] : [])];
  return [
    ...folders,
    ...Object.keys(ETC).map((name): [string, string] => [`${etc}/${name}`, `/etc/${name}`]),
    ...shared.filter(isThere).map((path): [string, string] => [path, path]),
    [process.execPath, NODE],
    ...readOnly.map((path): [string, string] => [path, path]),
  ];
}

/** Where programs and their libraries are; on most systems all but /usr are links into it. */
function systemFolders(): { name: string; link: string | null }[] {
  return ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => {
    const found = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (found === undefined) return [];
    return [{ name, link: found.isSymbolicLink() ? readlinkSync(`/${name}`) : null }];
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** What sets up a sandbox has an environment of its own, in which the worker's programs are found. */
function cleanEnvironment(): string[] {
  return ['env', '-i', ...Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`)];
}

/** Of each process; address space is not limited, because engines reserve far more of it than they use. */
function prlimit(): string[] {
  return [
    'prlimit',
    `--cpu=${SHELL.cpuSeconds}`,
    `--nproc=${SHELL.processes}`,
    `--data=${SHELL.dataBytes}`,
    `--fsize=${SHELL.fileBytes}`,
    `--nofile=${SHELL.openFiles}`,
    '--core=0',
    '--memlock=65536',
    '--',
  ];
}
