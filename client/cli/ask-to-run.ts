import { createInterface } from 'node:readline/promises';

interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

const TERMINAL: Terminal = { input: process.stdin, output: process.stderr };

/** Asks in the terminal until the answer is yes or no; the end of the input is no. */
export async function askToRun(script: string, { input, output }: Terminal = TERMINAL): Promise<boolean> {
  const lines = createInterface({ input, output });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    for (;;) {
      const { signal } = closed;
      const answer = await lines
        .question('Run it? [y]es, [e]dit first (shows where it is), [n]o: ', { signal })
        .catch(() => 'n');
      const word = answer.trim().toLowerCase();
      if (word === 'y' || word === 'yes') return true;
      if (word === 'n' || word === 'no') return false;
      if (word === 'e' || word === 'edit') output.write(`${script}\n`);
    }
  } finally {
    lines.close();
  }
}
