import { SHELL } from '../../../protocol/limits.ts';

/** Keeps the head and the tail of an output of any length, in bounded memory. */
export class HeadAndTail {
  bytes = 0;
  private head = '';
  private tail = '';
  private readonly decoder = new TextDecoder();

  add(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
    this.keep(this.decoder.decode(chunk, { stream: true }));
  }

  /** What is left out in the middle is counted. */
  text(): string {
    this.keep(this.decoder.decode());
    const { head, tail } = this;
    if (head.length < SHELL.headChars) return head;
    const kept = tail.slice(-SHELL.tailChars);
    const cut = this.length - head.length - kept.length;
    return cut <= 0 ? head + kept : `${head}\n… ${cut} characters are left out …\n${kept}`;
  }

  private length = 0;

  private keep(text: string): void {
    this.length += text.length;
    const room = SHELL.headChars - this.head.length;
    this.head += text.slice(0, room);
    this.tail += text.slice(Math.max(0, room));
    if (this.tail.length > 4 * SHELL.tailChars) this.tail = this.tail.slice(-SHELL.tailChars);
  }
}
