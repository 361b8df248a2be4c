import type { CellError } from '../../protocol/repl.ts';

/** A cell's error as the model reads it (RL-09): what was thrown, where, and the cell's lines around the place. */
export function describeCellError(error: CellError): string {
  const what = error.message === '' ? error.name : `${error.name}: ${error.message}`;
  const column = error.column === null ? '' : `, column ${error.column}`;
  const where = error.line === null ? '' : ` (line ${error.line}${column})`;
  return error.frame === '' ? `${what}${where}` : `${what}${where}\n${error.frame}`;
}
