/** Notes for the model that go with a cell's end, each once. */
import { add, stringify } from './intrinsics.js';

const MOST = 20;
const list = [];

export function hint(text) {
  for (let i = 0; i < list.length; i++) if (list[i] === text) return;
  if (list.length < MOST) add(list, text);
}

export function clearHints() {
  list.length = 0;
}

export function hintsText() {
  let text = '[';
  for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ',') + stringify(list[i]);
  return text + ']';
}
