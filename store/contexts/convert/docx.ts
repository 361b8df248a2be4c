import mammoth from 'mammoth';
import { CONTEXT } from '../../../protocol/limits.ts';
import type { Converted } from './convert.ts';
import { htmlToText } from './html.ts';

/** A Word document as text, headings with `#`. Comments, images and layout are left out. */
export async function docxToText(bytes: Uint8Array): Promise<Converted> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unpacked = unpackedSize(buffer);
  if (unpacked === null) throw new Error('it is no DOCX file');
  if (unpacked > CONTEXT.documentBytes) throw new Error(`it has ${unpacked.toLocaleString('en')} bytes when unpacked`);
  const withoutImages = mammoth.images.imgElement(async () => ({ src: '' }));
  const { value } = await mammoth.convertToHtml({ buffer }, { convertImage: withoutImages });
  return htmlToText(value);
}

/**
 * What a ZIP archive says that it unpacks to, from its central directory, before anything is unpacked; null when it is none.
 * A bomb may lie, but then its sizes do not fit and the reader gives up.
 */
function unpackedSize(zip: Buffer): number | null {
  const end = zip.lastIndexOf('PK\x05\x06', -22, 'latin1');
  if (end < 0) return null;
  let at = zip.readUInt32LE(end + 16);
  let size = 0;
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries--) {
    if (at + 46 > zip.byteLength || zip.readUInt32LE(at) !== 0x02014b50) return null;
    size += zip.readUInt32LE(at + 24);
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return size;
}
