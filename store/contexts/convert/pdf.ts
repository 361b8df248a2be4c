import { extractText, getDocumentProxy } from 'unpdf';
import type { Converted } from './convert.ts';

/** A PDF's text layer, page by page, with a mark for each page. */
export async function pdfToText(bytes: Uint8Array): Promise<Converted> {
  const document = await getDocumentProxy(bytes, { verbosity: 0 }).catch((error: unknown) => {
    throw new Error(problemOf(error), { cause: error });
  });
  const { text: pages } = await extractText(document, { mergePages: false });
  const empty = pages.filter((page) => page.trim() === '').length;
  if (empty === pages.length) throw new Error('it has no text layer (its pages are images); run it through OCR first');
  let text = '';
  const marks = pages.map((page, i) => {
    const at = text.length;
    text += `${page.trimEnd()}\n\n`;
    return { at, label: `page ${i + 1}` };
  });
  return { text, marks, warning: empty === 0 ? null : `${empty} of ${pages.length} pages have no text layer.` };
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'PasswordException') return 'it is encrypted; save a copy without a password';
  return error.name === 'InvalidPDFException' ? 'it is no PDF, or a damaged one' : error.message;
}
