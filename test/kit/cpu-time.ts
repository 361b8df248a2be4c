/**
 * Starts a clock of this process's CPU time, which does not run while a busy machine does other things. Gives the ms since. For
 * work of this process alone: what waits for something needs a clock on the wall.
 */
export function cpuClock(): () => number {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1_000;
  };
}
