/** The pages that people read, taken apart. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../../..');

export interface Block {
  page: string;
  /** Line of its first content, from 1. */
  line: number;
  language: string;
  text: string;
}

export interface Page {
  name: string;
  text: string;
  /** The text without fenced blocks. */
  prose: string;
  blocks: Block[];
}

/** README, CONTRIBUTING and all of docs/, but the pages that the benches write. */
export function pages(): Page[] {
  const docs = readdirSync(path.join(ROOT, 'docs')).filter(
    (name) => name.endsWith('.md') && !name.startsWith('performance'),
  );
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)].map(pageOf);
}

export function pageOf(name: string): Page {
  const text = readFileSync(path.join(ROOT, name), 'utf8');
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) {
      if (open === null) prose.push(line);
      else open.text += `${line}\n`;
    } else if (open === null) {
      open = { page: name, line: index + 2, language: fence[1] ?? '', text: '' };
      blocks.push(open);
    } else open = null;
  }
  if (open !== null) throw new Error(`${name}:${open.line} a block is never closed`);
  return { name, text, prose: prose.join('\n'), blocks };
}

export function blocksOf(...languages: string[]): Block[] {
  return pages().flatMap(({ blocks }) => blocks.filter(({ language }) => languages.includes(language)));
}

/** Rows of the first table after `marker`, without head, as texts of their cells. */
export function tableAfter(text: string, marker: string): string[][] {
  const from = text.indexOf(marker);
  if (from < 0) throw new Error(`there is no ${marker}`);
  const lines = text.slice(from).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(start);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(2, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands between backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
}
