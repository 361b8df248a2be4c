/**
 * What runs around a command, as texts for `sh`. Nothing of a model's is ever part of a text: it arrives as an argument.
 *
 *  I1  When the worker dies, however it dies, the end of its pipe ends all that it started: the watcher stands outside the sandbox, where
 *      no command can reach it.
 *  I2  The command runs under a user id that owns nothing outside, without capabilities, without a way to new ones, and without further
 *      user namespaces. Whatever cannot be had ends the set-up before the command begins (`set -e`).
 *  I3  The word READY on standard error, before anything of the command's, says that all of this stands. Output follows on one pipe.
 */

/** Said by {@link INIT}. */
export const READY = 'braid-sandbox-ready\n';

/** The first process, outside. Standard input is the worker's pipe; the group is killed as one (I1). Arguments: what to run. */
export const SUPERVISE = `
exec 3<&0 </dev/null
"$@" 3<&- &
work=$!
{ read -r _ <&3; kill -KILL 0; } &
watch=$!
exec 3<&-
wait "$work"
code=$?
kill -KILL "$watch"
exit "$code"
`;

/**
 * Makes the root in new namespaces. Arguments: ROOT WORKSPACE KUID TMP SHM, a number of links and (target, name) of each, a number of
 * binds and (source, target) of each, the same of binds in the workspace, then what is handed to {@link DROP}. KUID is empty when the caller is no superuser: its user id is
 * mapped already.
 */
export const ENTER = `
set -eu
root=$1 workspace=$2 kuid=$3 tmp=$4 shm=$5
shift 5
mount -t tmpfs -o size=4m,mode=755,nosuid,nodev braid "$root"
cd "$root"
mkdir -p dev proc tmp workspace old
links=$1
shift
while [ "$links" -gt 0 ]; do
  ln -s "$1" "./$2"
  shift 2
  links=$((links - 1))
done
binds=$1
shift
while [ "$binds" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "./$2"; else mkdir -p "./\${2%/*}"; : > "./$2"; fi
  mount --rbind "$1" "./$2"
  mount -o remount,bind,ro,nosuid,nodev "./$2"
  shift 2
  binds=$((binds - 1))
done
shared=$1
shift
mount --bind "$workspace" workspace
mount -o remount,bind,nosuid,nodev workspace || :
mount -t tmpfs -o "size=$tmp,mode=1777,nosuid,nodev" braid tmp
mount -t tmpfs -o size=64k,mode=755,nosuid,noexec braid dev
for device in null zero full random urandom; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm
mount -t tmpfs -o "size=$shm,mode=1777,nosuid,nodev,noexec" braid dev/shm
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -o remount,bind,ro,nosuid,noexec dev
mount -t proc -o nosuid,nodev,noexec proc proc
for hidden in kcore keys key-users timer_list sched_debug sysrq-trigger kmsg; do
  if [ -e "proc/$hidden" ]; then mount --bind /dev/null "proc/$hidden"; fi
done
hostname braid 2>/dev/null || :
ip link set lo up 2>/dev/null || :
pivot_root . old
while [ "$shared" -gt 0 ]; do
  mount --rbind "/old$1" "/workspace/$2"
  mount -o remount,bind,ro,nosuid,nodev "/workspace/$2"
  shift 2
  shared=$((shared - 1))
done
umount -l /old
rmdir /old
mount -o remount,bind,ro,nosuid,nodev /
cd /workspace
ids="--map-user=1000 --map-group=1000 --keep-caps"
if [ -n "$kuid" ]; then
  exec setpriv --reuid "$kuid" --regid "$kuid" --clear-groups -- unshare --user $ids -- "$@"
fi
exec unshare --user $ids -- "$@"
`;

/** Inside, with the capabilities of a namespace that owns nothing: gives them up. Arguments: what to run. */
export const DROP = `
set -eu
echo 0 > /proc/sys/user/max_user_namespaces
exec setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all -- "$@"
`;

/** The first process of the sandbox. When it ends, all that is left of the command ends. Arguments: the command. */
export const INIT = `
printf '${READY.trim()}\\n' >&2
exec 2>&1
cd /workspace
shell=/bin/sh
if [ -x /bin/bash ]; then shell=/bin/bash; fi
"$shell" -c "$1"
exit $?
`;
