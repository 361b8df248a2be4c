/** What surrounds a script and is not part of it. Places stay: everything but the BOM is blanked, not cut (K2). */
const BOM = '\ufeff';
const HASHBANG = /^#![^\n]*/;
const FENCED = /^(\s*(?:`{3,}|~{3,})[ \t]*[\w-]*[ \t]*\r?\n)([\s\S]*\n)?([ \t]*(?:`{3,}|~{3,})\s*)$/;

export function prepareSource(raw: string): { source: string; warnings: string[] } {
  const warnings: string[] = [];
  let source = raw.startsWith(BOM) ? raw.slice(1) : raw;
  const fenced = FENCED.exec(source);
  if (fenced !== null) {
    const [, open = '', body = '', close = ''] = fenced;
    source = blank(open) + body + blank(close);
    warnings.push('The script stood in a Markdown code fence; the fence was ignored.');
  }
  // The sandbox wraps the source in a function, where a hashbang is no longer the first thing and would not parse.
  return { source: source.replace(HASHBANG, blank), warnings };
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
