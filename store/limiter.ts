/** Runs what it is given, at most `width` at a time, in the order it was given. */
type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

export function createLimiter(width: number): Limiter {
  let free = width;
  // A Set gives its oldest member in constant time; an array of 50,000 moves them all at each shift.
  const waiting = new Set<() => void>();
  return async (work) => {
    // A slot is handed over, never freed and taken again, so a newcomer cannot overtake those that wait.
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.add(resolve));
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
