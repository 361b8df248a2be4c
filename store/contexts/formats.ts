import path from 'node:path';
import type { PartFormat } from '../../protocol/context.ts';

const BY_EXTENSION: { readonly [extension: string]: PartFormat } = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.mdx': 'markdown',
  '.json': 'json',
  '.geojson': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
  '.pdf': 'pdf',
  '.docx': 'docx',
};

/** Formats that become text by a converter; all others are text as they stand. */
export type DocumentFormat = 'html' | 'pdf' | 'docx';

/** What a file of that name holds; `text` when its name does not tell. */
export function formatOf(name: string): PartFormat {
  return BY_EXTENSION[path.extname(name).toLowerCase()] ?? 'text';
}

export function isDocument(format: PartFormat): format is DocumentFormat {
  return format === 'html' || format === 'pdf' || format === 'docx';
}

/** Documents that are no text by themselves, so that a search for text files must not leave them out. */
export function isBinaryDocument(format: PartFormat): boolean {
  return format === 'pdf' || format === 'docx';
}
