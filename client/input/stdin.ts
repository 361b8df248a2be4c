import { BraidError } from '../../protocol/errors.ts';
import { MIB, STDIN_BYTES } from '../../protocol/limits.ts';

/** Reads a stream to its end as UTF-8. @throws BraidError BRAID_USAGE above {@link STDIN_BYTES}. */
export async function readStdin(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += piece.byteLength;
    if (bytes > STDIN_BYTES) {
      const fix = 'Put the data into a file of the workspace and let agents read it.';
      throw new BraidError('BRAID_USAGE', `Standard input has more than ${STDIN_BYTES / MIB} MiB.`, { fix });
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString('utf8');
}
