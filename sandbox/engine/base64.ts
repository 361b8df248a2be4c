const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes of padded base64 text. The workflow isolate has neither `atob` nor `Buffer`. */
export function decodeBase64(text: string): Uint8Array {
  const values = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) values[ALPHABET.charCodeAt(i)] = i;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  // Stores behind the end of a typed array do nothing, so the last group needs no case of its own.
  for (let i = 0, at = 0; i < text.length; i += 4) {
    const bits =
      (valueAt(values, text, i) << 18) |
      (valueAt(values, text, i + 1) << 12) |
      (valueAt(values, text, i + 2) << 6) |
      valueAt(values, text, i + 3);
    bytes[at++] = bits >> 16;
    bytes[at++] = (bits >> 8) & 255;
    bytes[at++] = bits & 255;
  }
  return bytes;
}

function valueAt(values: Uint8Array, text: string, index: number): number {
  return values[text.charCodeAt(index)] ?? 0;
}
