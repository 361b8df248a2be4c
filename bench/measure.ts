/** One measurement: wall time, and the CPU time of this process (worker and client; the server is a process of its own). */
export interface Sample {
  wallMs: number;
  cpuMs: number;
}

export async function measure(work: () => Promise<unknown>): Promise<Sample> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

export interface Pair {
  bare: Sample[];
  script: Sample[];
}

/** Both sides in every round, each round in the other order, so that neither always runs on the warmer machine. */
export async function alternate(
  rounds: number,
  bare: () => Promise<Sample>,
  script: () => Promise<Sample>,
): Promise<Pair> {
  const pair: Pair = { bare: [], script: [] };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) pair.bare.push(await bare());
    pair.script.push(await script());
    if (round % 2 === 1) pair.bare.push(await bare());
  }
  return pair;
}
