import { compile, type FormatCallback } from 'html-to-text';
import type { Converted } from './convert.ts';

/** Stands before a heading until its place is known; a private character that is taken out of the source. */
const MARK = '\ue000';
const LABEL = 200;

const heading: FormatCallback = (element, walk, builder) => {
  const level = Number(/^h([1-6])$/.exec(element.name ?? '')?.[1] ?? 1);
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addLiteral(`${MARK}${'#'.repeat(level)} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

const toText = compile({
  wordwrap: false,
  limits: { maxInputLength: Number.MAX_SAFE_INTEGER, maxDepth: 2_000 },
  formatters: { heading },
  selectors: [
    ...[1, 2, 3, 4, 5, 6].map((level) => ({ selector: `h${level}`, format: 'heading' })),
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
  ],
});

/** HTML as text: headings with `#`, tables in columns, without links' targets, images, scripts and styles. */
export function htmlToText(html: string): Converted {
  const [start = '', ...sections] = toText(html.replaceAll(MARK, '')).split(MARK);
  let text = start;
  const marks = sections.map((section) => {
    const at = text.length;
    text += section;
    return {
      at,
      label: section
        .slice(0, section.indexOf('\n') >>> 0)
        .trim()
        .slice(0, LABEL),
    };
  });
  return { text, marks, warning: null };
}
