/** A way to get a server binary that is not on this machine yet. */
export interface BinarySource {
  /** For messages. */
  name: string;
  /** Puts a binary into the folder (empty, private, removed afterwards) and returns its path, or rejects with the reason why not. */
  fetch(folder: string, context: SourceContext): Promise<string>;
}

export interface SourceContext {
  env: NodeJS.ProcessEnv;
  /** Gets a line before anything that takes long, and while it does. */
  progress: (line: string) => void;
}
