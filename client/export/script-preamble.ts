/**
 * What the cells of an RLM call, in terms of the script dialect. It stands in the exported script, so that this can be read and
 * run by itself: plain JavaScript, `var` and functions only, because cells declare names again.
 */
export const PREAMBLE = `// ---------------------------------------------------------------- what the cells call
var final = { given: false, value: null }, answer = { content: null, ready: false };

function print() {
  log(Array.prototype.map.call(arguments, (x) => (typeof x === 'string' ? x : JSON.stringify(x))).join(' '));
}
function FINAL(value) {
  final = { given: true, value: plain(value) };
}
function SUBMIT(value) {
  FINAL(value);
}
function FINAL_VAR(nameOrValue) {
  FINAL(typeof nameOrValue === 'string' && nameOrValue in variables ? variables[nameOrValue]() : nameOrValue);
}
function SHOW_VARS() {
  return Object.keys(variables).map((name) => name + ': ' + typeof variables[name]()).join('\\n');
}
/** What typeof gives for texts that are objects: cells are written as if they were none. */
function __kind(value) {
  return value instanceof String ? 'string' : 'object';
}
function plain(value) {
  return value instanceof String ? value.toString() : value;
}
async function llm_query(prompt, opts) {
  const result = await agentResult(String(prompt), Object.assign({ tools: [] }, known(opts)));
  if (result.ok) return result.value;
  throw Object.assign(new Error(result.error.message), { code: result.error.code });
}
/** One failing item gives an error object in its slot. */
async function llm_query_batched(prompts, opts) {
  return Promise.all(Array.from(prompts, (one) => {
    const item = typeof one === 'object' && one !== null && 'prompt' in one ? one : { prompt: one };
    return llm_query(item.prompt, Object.assign({}, opts, item)).catch((error) => ({ error: error.message, code: error.code }));
  }));
}
async function rlm_query(question, context, opts) {
  return rlm(String(question), context === undefined ? null : plain(context), known(opts));
}
async function rlm_query_batched(list, opts) {
  return Promise.all(Array.from(list, (one) => {
    const item = typeof one === 'string' ? { question: one } : Array.isArray(one) ? { question: one[0], context: one[1] } : one;
    return rlm_query(item.question, item.context, opts).catch((error) => ({ error: error.message, code: error.code }));
  }));
}
var sub_rlm = rlm_query, recursive_llm = rlm_query, call_llm = llm_query, batch_rlm_query = rlm_query_batched;
var batch_llm_query = llm_query_batched, llm_batch = llm_query_batched, llm_query_parallel = llm_query_batched;
/** Functions of the configuration. */
var tools = new Proxy({}, { get: (_, name) => (args) => call('tool:' + String(name), args) });
function known(opts) {
  const { schema, model, label, system, maxOutputTokens } = opts || {};
  return Object.fromEntries(Object.entries({ schema, model, label, system, maxOutputTokens }).filter(([, value]) => value != null));
}

/** A failing cell is told and gone past, as in the session. */
async function cell(number, run) {
  try {
    await run();
  } catch (error) {
    log('cell ' + number + ' failed: ' + (error && error.message));
    return;
  }
  if (answer && answer.ready && !final.given) FINAL(answer.content);
}

/** Texts search themselves, as in the session. */
function addTo(prototype, methods) {
  for (const name of Object.keys(methods)) {
    if (!(name in prototype)) Object.defineProperty(prototype, name, { value: methods[name], configurable: true, writable: true });
  }
}
addTo(String.prototype, {
  grep(pattern, options) {
    const { limit = 100, around = 0, ignoreCase = false } = typeof options === 'number' ? { limit: options } : options || {};
    const source = pattern instanceof RegExp ? pattern.source : String(pattern).replace(/[.*+?^\${}()|[\\]\\\\]/g, '\\\\$&');
    const flags = pattern instanceof RegExp ? pattern.flags.replace(/[gy]/g, '') + 'g' : ignoreCase ? 'gi' : 'g';
    const text = String(this), lines = text.split('\\n'), hits = [];
    let line = 0, start = 0;
    for (const found of text.matchAll(new RegExp(source, flags))) {
      if (hits.length >= limit) break;
      while (line + 1 < lines.length && start + lines[line].length < found.index) start += lines[line++].length + 1;
      const shown = lines.slice(Math.max(0, line - around), line + around + 1).join('\\n');
      hits.push({ index: found.index, line, match: found[0], groups: found.slice(1).map((group) => group ?? null), text: shown });
    }
    return hits;
  },
  count(text) {
    return String(text) === '' ? 0 : String(this).split(String(text)).length - 1;
  },
  lines(from, to) {
    return String(this).split('\\n').slice(from, to);
  },
  chunks(options) {
    const { by = 'chars', overlap = 0, size = by === 'lines' ? 500 : 50000 } = typeof options === 'number' ? { size: options } : options || {};
    const text = String(this);
    const parts = by === 'lines' ? text.split(/(?<=\\n)/) : by === 'headings' ? text.split(/^(?=#{1,6} )/m) : text;
    if (by === 'headings') return parts;
    const cuts = [];
    for (let at = 0; at < parts.length; at += size - overlap) {
      const piece = parts.slice(at, at + size);
      cuts.push(typeof piece === 'string' ? piece : piece.join(''));
      if (at + size >= parts.length) break;
    }
    return cuts;
  },
  stats() {
    const lines = String(this).split('\\n');
    return { length: this.length, lines: lines.length, longestLine: Math.max(...lines.map((line) => line.length)) };
  },
});
function contextOf(given) {
  if (given === undefined) log('There is no args.context, so the context is empty.');
  if (!Array.isArray(given) || !given.every((part) => part && typeof part.text === 'string')) return given === undefined ? '' : given;
  return given.map((part) => Object.assign(new String(part.text), { name: part.name, text: part.text }));
}
var context = contextOf(args === undefined || args === null ? undefined : args.context);
`;
