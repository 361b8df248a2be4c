import { makePipeline } from '../prelude/compose.js';
import { apply, named } from './intrinsics.js';

/** While a pipeline is open, each answer is wanted as soon as it comes: an item's next stage waits for it alone. */
export const open = { __proto__: null, pipelines: 0 };

export function makeEagerPipeline(maxItems) {
  const pipeline = makePipeline(maxItems);
  return named('pipeline', async function () {
    open.pipelines++;
    try {
      return await apply(pipeline, undefined, arguments);
    } finally {
      if (open.pipelines > 0) open.pipelines--;
    }
  });
}
