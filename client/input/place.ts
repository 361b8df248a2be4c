import { homedir } from 'node:os';
import { readStdin } from './stdin.ts';

/** The surroundings of a command. Everything that reads a command line gets them from here, so that tests can set them. */
export interface Place {
  /** Where the command was typed; configuration is loaded from here only. */
  cwd: string;
  home: string;
  env: { [name: string]: string | undefined };
  /** The whole standard input as text. */
  stdin: () => Promise<string>;
}

export function currentPlace(): Place {
  return { cwd: process.cwd(), home: homedir(), env: process.env, stdin: () => readStdin(process.stdin) };
}
