/** Scripts of plans as files, so that people can read, edit and run them: `plans/RUN.js` of BRAID_HOME. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Gives its path. The same run has always the same script. */
export async function keepPlan(home: string, run: string, script: string): Promise<string> {
  const file = path.join(home, 'plans', `${run}.js`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, script);
  return file;
}
