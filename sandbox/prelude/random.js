import { charCodeAt, imul, named } from './intrinsics.js';

/** DW-07: random() from a text seed: sfc32, whose 128 bits of state come from four hashes of the seed. */
export function makeRandom(seed) {
  let a = hash(seed, 0x9e3779b9);
  let b = hash(seed, 0x243f6a88);
  let c = hash(seed, 0xb7e15162);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  // 53 bits, as Math.random() has.
  return named('random', () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992);
}

/** FNV-1a over UTF-16 units with MurmurHash3's finish. */
function hash(text, basis) {
  let h = basis | 0;
  for (let i = 0; i < text.length; i++) h = imul(h ^ charCodeAt(text, i), 0x01000193);
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
