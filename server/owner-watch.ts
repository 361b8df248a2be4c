import { spawn } from 'node:child_process';
import { SERVER } from '../protocol/limits.ts';

/**
 * `read` ends with a line when the owner says that all is well, and without one when the owner's end of the pipe closes, however
 * it died. `sh`, because it costs 1 MB where a second Node would cost 40.
 */
const WATCH = `
read -r line && exit 0
kill -TERM "$1" 2>/dev/null || exit 0
left="$2"
while [ "$left" -gt 0 ]; do
  sleep 1
  kill -0 "$1" 2>/dev/null || exit 0
  left=$((left - 1))
done
kill -KILL "$1" 2>/dev/null
`;

/**
 * Ends process `pid` (SIGTERM, then SIGKILL) when this process dies without having called the returned function, by SIGKILL
 * too. In a session of its own, so that a Ctrl+C in the owner's terminal does not end the watch before the watched.
 */
export function endWithOwner(pid: number): () => void {
  const args = ['-c', WATCH, 'braid-owner-watch', String(pid), String(SERVER.stopMs / 1000)];
  const watch = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watch.on('error', ignore);
  watch.stdin.on('error', ignore);
  watch.unref();
  return () => {
    watch.stdin.end('ended\n');
  };
}

/** A watch that cannot start or is gone already takes nothing from a server that runs. */
function ignore(): void {}
