/** What a node's models cost, and what of its budget its calls and children are told. */
import { isBraidError } from '../../protocol/errors.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { NodeParent } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import type { Books } from '../ledger/books.ts';
import type { Bounds } from '../ledger/bounds.ts';
import type { Tree } from './tree.ts';

/** What bounds the requests of calls that are written into `books`. */
export function boundsOf(tree: Tree, books: Books = tree): Bounds {
  return {
    get kinds() {
      return books.kinds;
    },
    price: (model) => tree.prices.of(model),
  };
}

/** What a child is told of the budget that it works from; it must ask before each request where anything is capped. */
export function lentFrom(tree: Tree, books: Books = tree): Pick<NodeParent, 'capped' | 'kinds' | 'prices'> {
  const { kinds } = books;
  const more = kinds.filter((kind) => kind === 'inputTokens' || kind === 'usd');
  return {
    capped: kinds.length > 0,
    ...(more.length === 0 ? {} : { kinds: ['requests', 'outputTokens', ...more] }),
    ...(more.includes('usd') ? { prices: tree.prices.known } : {}),
  };
}

/** Asks what the run's models cost where a root is capped in USD. A default model without a price ends the run at once. */
export async function openPrices(tree: Tree): Promise<void> {
  if (tree.level > 0 || !tree.kinds.includes('usd')) return;
  const { models, agents } = tree.input;
  const named = [
    models.main,
    models.sub,
    ...Object.values(models.aliases),
    ...Object.values(agents).map(({ model }) => model),
  ];
  await tree.prices.learn(named.filter((model) => model?.includes('/') === true) as string[]);
  try {
    await tree.prices.of(models.main);
  } catch (error) {
    if (isBraidError(error)) tree.fail({ code: error.code, message: error.message, fix: error.fix });
    throw error;
  }
}

/** `prefix`: of the node that asks. */
export function askPrices(prefix: string, models: string[]): ReturnType<typeof activities.prices> {
  const address = `${prefix}prices:${models.join(',')}`;
  const tag: CallTag = { address, label: 'prices', phase: null, model: null, turn: 0 };
  return activities.prices(tag, { models });
}
