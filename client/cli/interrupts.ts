/** Ctrl+C while following a run: the first detaches, a second one within a moment cancels the run (design §5.1). */
const AGAIN_MS = 1_500;

export interface Interrupts {
  /** Aborts when the command should let go of the run. */
  detached: AbortSignal;
  stop(): void;
}

export function watchInterrupts(run: string, cancel: () => Promise<void>, hint: (text: string) => void): Interrupts {
  const detach = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let asked = 0;
  const onSignal = (): void => {
    asked += 1;
    if (asked === 1) {
      hint(`Detaching from ${run}; Ctrl+C again to cancel the run`);
      timer = setTimeout(() => detach.abort(), AGAIN_MS);
    } else if (asked === 2) {
      clearTimeout(timer);
      hint(`Cancelling ${run}…`);
      // The watch goes on and shows the end; a third Ctrl+C lets go.
      cancel().catch(() => detach.abort());
    } else detach.abort();
  };
  const onTerm = (): void => detach.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onTerm);
  return {
    detached: detach.signal,
    stop: () => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onTerm);
    },
  };
}
