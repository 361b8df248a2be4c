/** Attempts to get out of the sandbox of a command, as commands. */

export interface Attempt {
  name: string;
  command: string;
  /** What its output must hold where the attempt has to fail loudly; absent: it is enough that nothing happened outside. */
  says?: RegExp;
  /** Exit code that it must not have. */
  not?: number;
}

/** What of the machine the attempts aim at. */
export interface Targets {
  canary: string;
  port: number;
  pid: number;
  socket: string;
}

const denied =
  /denied|not permitted|Read-only|read-only|No such|not found|failed|Invalid|not allowed|must be root|only root|superuser/i;

/** Those that end by themselves: all run one after the other in one sandbox. */
export function attempts(targets: Targets): Attempt[] {
  return [...ofSystem(targets), ...ofRights(), ...ofPlaces(targets)];
}

function fails(name: string, command: string): Attempt {
  return { name, command, says: denied, not: 0 };
}

function ofSystem({ pid }: Targets): Attempt[] {
  return [
    fails('reads /etc/shadow', 'cat /etc/shadow'),
    fails('writes /etc/passwd', 'echo x:x:0:0::/:/bin/sh >> /etc/passwd'),
    fails('writes into /usr/bin', 'echo evil > /usr/bin/evil'),
    fails('writes into the root', 'touch /evil'),
    fails('replaces the Node it is given', 'echo evil > /run/braid/bin/node'),
    fails('makes a folder beside the workspace', 'mkdir /workspace/../evil'),
    { name: 'reads the environment of the first process', command: 'tr "\\0" "\\n" < /proc/1/environ' },
    { name: 'reads all environments', command: 'cat /proc/[0-9]*/environ | tr "\\0" "\\n"; env' },
    { name: 'looks for the worker among the processes', command: 'cat /proc/[0-9]*/cmdline | tr "\\0" " "' },
    fails('signals a process of the machine', `kill -9 ${pid}`),
    fails('reads the memory of a process of the machine', `cat /proc/${pid}/mem`),
    fails('mounts', 'mkdir -p m; mount -t tmpfs none m'),
    fails('binds', 'mkdir -p m; mount --bind / m'),
    fails('makes system folders writable', 'mount -o remount,rw /usr'),
    fails('makes the root writable', 'mount -o remount,rw /'),
    fails('takes a mount away', 'umount -l /proc'),
    fails('makes a user namespace', 'unshare --user --map-root-user id'),
    fails('makes a mount namespace', 'unshare --mount true'),
    fails('makes a network namespace', 'unshare --net true'),
    fails('enters namespaces of the first process', 'nsenter --target 1 --all true'),
    fails('changes its root', 'mkdir -p r; chroot r /bin/sh -c id'),
  ];
}

function ofRights(): Attempt[] {
  return [
    fails('makes a block device', 'mknod disk b 8 0'),
    fails('makes a device of the memory', 'mknod mem c 1 1'),
    fails('reads disks', 'cat /dev/vda /dev/sda /dev/nvme0n1 /dev/mem /dev/kmem | head -c 10; exit "${PIPESTATUS[0]}"'),
    {
      name: 'becomes root by a set-user-id copy',
      command: 'cp /bin/bash sh; chmod u+s sh; ./sh -p -c "id -u"',
      says: /^1000\s*$/m,
    },
    fails('gives a file to root', 'touch f; chown 0:0 f'),
    fails('becomes root', 'setpriv --reuid 0 id'),
    fails('takes a capability back', 'setpriv --bounding-set +sys_admin --inh-caps +sys_admin id'),
    fails('sets the handler of crashes', 'echo "|/tmp/evil" > /proc/sys/kernel/core_pattern'),
    fails(
      'asks the kernel to restart',
      'echo b > /proc/sysrq-trigger; test -s /proc/sysrq-trigger || { echo failed; false; }',
    ),
    fails('allows itself namespaces again', 'echo 100 > /proc/sys/user/max_user_namespaces'),
    fails('renames the machine', 'hostname evil'),
    fails('sets the clock', 'date -s 2001-01-01'),
    fails('raises its limits', 'prlimit --nproc=100000:100000 --pid $$'),
    fails('takes precedence', 'renice -n -20 $$'),
  ];
}

function ofPlaces({ canary, port, socket }: Targets): Attempt[] {
  return [
    fails('leads out by ..', `cat /workspace/../../../../..${canary}`),
    fails('leads out by /proc', `cat /proc/1/root${canary} /proc/self/root/..${canary} /proc/1/cwd/../..${canary}`),
    {
      name: 'writes through a symbolic link',
      command: `ln -s ${canary} link; echo evil > link; echo evil > ${canary}`,
    },
    fails('links to a file of the system', 'ln /etc/passwd here'),
    fails('writes control groups', 'mkdir /sys/fs/cgroup/evil'),
    fails('types into a terminal', 'echo evil > /dev/tty'),
    fails('reaches a port of the machine', `(echo evil > /dev/tcp/127.0.0.1/${port}) 2>&1 || { echo failed; false; }`),
    fails('reaches the internet', '(echo evil > /dev/tcp/1.1.1.1/53) 2>&1 || { echo failed; false; }'),
    {
      name: 'reaches a socket without a file',
      command: `node -e 'require("net").connect({path:"\\0${socket}"}).on("connect",()=>console.log("reached")).on("error",(e)=>{console.log("failed",e.code);process.exit(3)})'`,
      says: /failed/,
      not: 0,
    },
    fails('adds a network device', 'ip link add evil type dummy'),
    fails('loads a module', 'insmod /workspace/evil.ko; modprobe dummy'),
  ];
}

/** All of them as one script; the outcome of each stands between marks. */
export function scriptOf(list: readonly Attempt[]): string {
  const parts = list.map(
    ({ command }, at) =>
      `printf '\\n@@%s\\n' ${at}\n(\n${command}\n) 2>&1 </dev/null\nprintf '\\n@=%s=%s\\n' ${at} "$?"`,
  );
  return `cd /workspace\n${parts.join('\n')}\n`;
}

export function outcomesOf(output: string): Map<number, { output: string; code: number }> {
  const found = new Map<number, { output: string; code: number }>();
  for (const [, at = '', text = '', , code = ''] of output.matchAll(/\n?@@(\d+)\n([^]*?)\n@=(\d+)=(\d+)\n/g)) {
    found.set(Number(at), { output: text, code: Number(code) });
  }
  return found;
}
