/** The items of a batch that were not begun yet, read a page ahead. */
import type { BatchInput, Page, PageItem, PageRequest } from '../../protocol/batch.ts';
import { activities } from './activities.ts';

export class ItemSource {
  private readonly request: Omit<PageRequest, 'from'>;
  private readonly ahead: number;
  private readonly onItems: () => void;
  private ready: PageItem[] = [];
  /** Of `ready`: how many were taken. */
  private taken = 0;
  private next: number | null;
  private asking = false;

  /** `onItems` is called when there are more. */
  constructor(input: BatchInput, next: number | null, todo: string | null, onItems: () => void) {
    const resume = input.retry?.cache === true;
    this.request = { manifest: input.items.manifest, todo, seed: input.seed, resume };
    this.ahead = input.window;
    this.next = next;
    this.onItems = onItems;
  }

  /** First item that was not taken; null: all were. */
  get cursor(): number | null {
    return this.ready[this.taken]?.item ?? this.next;
  }

  take(): PageItem | undefined {
    const item = this.ready[this.taken];
    if (item !== undefined) this.taken += 1;
    return item;
  }

  /** Asks for the next page when the present one will soon be used up. Rejects when it cannot be read. */
  async fill(): Promise<void> {
    if (this.asking || this.next === null || this.ready.length - this.taken > this.ahead) return;
    this.asking = true;
    const page: Page = await activities.batchPage({ ...this.request, from: this.next });
    this.asking = false;
    this.ready = [...this.ready.slice(this.taken), ...page.items];
    this.taken = 0;
    this.next = page.next;
    this.onItems();
  }
}
