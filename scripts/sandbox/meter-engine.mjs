// The published QuickJS wasm, rewritten so that nothing in it can run, fail or move memory without the host's say.
//
//  M1  Every loop head and every function entry takes one unit from the exported i64 global `gas`; below zero it traps. What
//      runs between two of them is straight code, so nothing runs on unpaid: not builtins and regexes that never poll an
//      interrupt handler, not recursion without loops.
//  M2  `memory.copy` and `memory.fill` are no loops: they take one unit per 32 bytes.
//  M3  Where the engine would throw "stack overflow" or "out of memory", errors that a guest could catch, it sets the exported
//      i32 global `end` and traps.
//  M4  Imports and exports get their names back, from the package's own glue.
import binaryen from 'binaryen';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const PACKAGE = 'node_modules/@jitl/quickjs-wasmfile-release-sync';
/** The rewrite below is made for exactly this file. Another version: check SITES, IMPORTS and the hostile suite first. */
const PINNED = { version: '0.32.0', wasm: '105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232' };

/** Error texts to seal: address in the data segment (taken from its text), the value of `end`, uses in code. */
const SITES = [
  { text: 'stack overflow', end: 1, uses: 5 },
  { text: 'out of memory', end: 2, uses: 2 },
  { text: 'out of memory in regexp execution', end: 2, uses: 2 },
];

/** Emscripten's and the package's imports by their letters in this build. */
const IMPORTS = {
  a: 'memory',
  b: 'assert_fail',
  c: 'fd_write',
  d: 'fd_close',
  e: 'environ_get',
  f: 'environ_sizes_get',
  g: 'normalize_module',
  h: 'load_module',
  i: 'should_interrupt',
  j: 'setitimer',
  k: 'resize_heap',
  l: 'runtime_keepalive_clear',
  m: 'localtime',
  n: 'tzset',
  o: 'fd_seek',
  p: 'date_now',
  q: 'abort',
  r: 'proc_exit',
  s: 'call_function',
  t: 'free_host_ref',
};

const HELPERS = `
 (global $gas (mut i64) (i64.const 9223372036854775807))
 (global $end (mut i32) (i32.const 0))
 (export "gas" (global $gas))
 (export "end" (global $end))
 (func $take (param $units i64)
  (global.set $gas (i64.sub (global.get $gas) (local.get $units)))
  (if (i64.lt_s (global.get $gas) (i64.const 0)) (then (unreachable))))
 (func $memory_copy (param $to i32) (param $from i32) (param $size i32)
  (call $take (i64.extend_i32_u (i32.shr_u (local.get $size) (i32.const 5))))
  (memory.copy (local.get $to) (local.get $from) (local.get $size)))
 (func $memory_fill (param $to i32) (param $byte i32) (param $size i32)
  (call $take (i64.extend_i32_u (i32.shr_u (local.get $size) (i32.const 5))))
  (memory.fill (local.get $to) (local.get $byte) (local.get $size)))
 (func $end_guest (param $reason i32) (result i32)
  (global.set $end (local.get $reason))
  (unreachable))
`;

const TAKE_ONE =
  '(global.set $gas (i64.sub (global.get $gas) (i64.const 1))) ' +
  '(if (i64.lt_s (global.get $gas) (i64.const 0)) (then (unreachable)))';

/** @returns {{ bytes: Uint8Array, functions: number, loops: number, bulk: number, traps: number }} */
export function buildEngine(root) {
  const { wasm, glue } = readPackage(resolve(root, PACKAGE));
  const source = binaryen.readBinary(wasm);
  const rewritten = rewrite(source.emitText(), glue);
  source.dispose();
  const module = binaryen.parseText(rewritten.text);
  module.setFeatures(FEATURES());
  if (!module.validate()) throw new Error('the metered engine does not validate');
  const bytes = module.emitBinary();
  module.dispose();
  return { bytes, ...rewritten.counts };
}

function FEATURES() {
  const f = binaryen.Features;
  return (
    f.MutableGlobals |
    f.NontrappingFPToInt |
    f.BulkMemory |
    f.BulkMemoryOpt |
    f.SignExt |
    f.ReferenceTypes |
    f.Multivalue
  );
}

function readPackage(folder) {
  const { version } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
  const wasm = readFileSync(resolve(folder, 'dist/emscripten-module.wasm'));
  const hash = createHash('sha256').update(wasm).digest('hex');
  if (version !== PINNED.version || hash !== PINNED.wasm) {
    throw new Error(`expected quickjs ${PINNED.version} with sha256 ${PINNED.wasm}, found ${version} with ${hash}`);
  }
  return { wasm, glue: readFileSync(resolve(folder, 'dist/emscripten-module.cjs'), 'utf8') };
}

function rewrite(text, glue) {
  const counts = { functions: 0, loops: 0, bulk: 0, traps: 0 };
  let out = text.replace(
    /^ \(func .*\n(?:  \(local .*\n)*/gm,
    (head) => (counts.functions++, `${head}  ${TAKE_ONE}\n`),
  );
  out = out.replace(/\(memory\.(copy|fill)$/gm, (_, op) => (counts.bulk++, `(call $memory_${op}`));
  out = out.replace(/\(loop( \$[^\s()]+)?( \(result \w+\))?$/gm, (head) => (counts.loops++, `${head} ${TAKE_ONE}`));
  for (const site of SITES) {
    const address = `(i32.const ${addressOf(text, site.text)})`;
    const uses = out.split(address).length - 1;
    if (uses !== site.uses) throw new Error(`"${site.text}" is used ${uses} times, not ${site.uses}`);
    out = out.replaceAll(address, `(call $end_guest (i32.const ${site.end}))`);
    counts.traps += uses;
  }
  out = out.replace(/\(import "a" "(\w+)"/g, (_, letter) => `(import "env" "${named(IMPORTS, letter)}"`);
  const exported = exportNames(glue);
  out = out.replace(/\(export "([^"]+)"/g, (_, letter) => `(export "${named(exported, letter)}"`);
  for (const [what, rest] of [
    ['loop', '(loop '],
    ['memory.copy', '(memory.copy'],
    ['memory.fill', '(memory.fill'],
  ]) {
    const metered = what === 'loop' ? counts.loops : 0;
    if (out.split(rest).length - 1 !== metered) throw new Error(`some ${what} has escaped the rewrite`);
  }
  // Globals may not stand before imports, so the helpers go to the end.
  return { text: out.replace(/\)\s*$/, `${HELPERS})`), counts };
}

/** The glue assigns `c._malloc=b.v` for each export, and `Z.u()` runs the constructors. */
function exportNames(glue) {
  const names = {
    u: '__wasm_call_ctors',
    La: 'emscripten_timeout',
    Ma: 'stack_restore',
    Na: 'stack_alloc',
    Oa: 'stack_save',
  };
  for (const [, name, dot] of glue.matchAll(/\bc\._(\w+)=\s*b\.([\w$]+)/g)) names[dot] = name;
  return names;
}

function named(table, letter) {
  const name = table[letter];
  if (name === undefined) throw new Error(`no name for the wasm's "${letter}"`);
  return name;
}

function addressOf(text, needle) {
  for (const [, offset, body] of text.matchAll(/\(data (?:\$\S+ )?\(i32\.const (\d+)\) "((?:[^"\\]|\\.)*)"\)/g)) {
    const bytes = body.replace(/\\([0-9a-f]{2})|\\(.)/g, (_, hex, char) =>
      hex === undefined ? ({ n: '\n', t: '\t', r: '\r' }[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const at = bytes.indexOf(`\0${needle}\0`);
    if (at >= 0) return Number(offset) + at + 1;
  }
  throw new Error(`the engine has no text "${needle}"`);
}
