// The memory of an engine that has run the prelude, so that opening a sandbox is a copy instead of an evaluation.
//
//  I1  The image depends on the engine and the prelude alone: its clock stands at 0, its imports give nothing of this machine.
//  I2  It is taken between calls: the stack is empty, and no wasm global but `gas` differs from its initial value.
import { Buffer } from 'node:buffer';

const MEMORY_PAGES = 256;
/** Room for the prelude's parser; the host sets the guest's own size when it opens a sandbox. */
const STACK_BYTES = 256 * 1024;
/** The engine's stack lies between its data and its heap: end as in the wasm's stack pointer, size as it was linked. */
export const STACK = { end: 5_333_088, size: 5 * 1024 * 1024 };
/** Zeros shorter than this are not worth a run of their own. */
const GAP = 32;

/**
 * @param prelude text of an expression that gives `post => start`
 * @returns {{ runtime: number, context: number, start: number, memory: Uint8Array }} addresses of the runtime, the context and
 *   the value of `start`, and the packed memory: runs of [u32 address, u32 length, bytes]
 */
export function bootImage(wasm, prelude) {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const module = new WebAssembly.Module(wasm);
  const engine = new WebAssembly.Instance(module, { env: silentImports(module, memory) }).exports;
  engine.__wasm_call_ctors();
  if (engine.stack_save() !== STACK.end) throw new Error('the stack of this engine lies elsewhere');
  const text = (source) => {
    const bytes = Buffer.from(`${source}\0`);
    const pointer = engine.malloc(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, pointer);
    return { pointer, length: bytes.length - 1 };
  };
  const runtime = engine.QTS_NewRuntime();
  engine.QTS_RuntimeSetMaxStackSize(runtime, STACK_BYTES);
  engine.QTS_RuntimeEnableModuleLoader(runtime, 0);
  const context = engine.QTS_NewContext(runtime, 0);
  const code = text(prelude);
  const file = text('braid:prelude');
  const boot = checked(engine, context, engine.QTS_Eval(context, code.pointer, code.length, file.pointer, 0, 0));
  const name = text('post');
  const post = engine.QTS_NewFunction(context, name.pointer, 1, 0, 1);
  const argv = engine.malloc(4);
  new DataView(memory.buffer).setUint32(argv, post, true);
  const start = checked(engine, context, engine.QTS_Call(context, boot, engine.QTS_GetUndefined(), 1, argv));
  for (const value of [boot, post]) engine.QTS_FreeValuePointer(context, value);
  for (const block of [code.pointer, file.pointer, name.pointer, argv]) engine.free(block);
  if (engine.QTS_IsJobPending(runtime) !== 0 || engine.end.value !== 0) throw new Error('the prelude is not at rest');
  return { runtime, context, start, memory: pack(new Uint8Array(memory.buffer)) };
}

function silentImports(module, memory) {
  const env = {};
  for (const { name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') env[name] = () => (name === 'resize_heap' ? fail('the prelude needs too much memory') : 0);
  }
  return { ...env, memory };
}

function checked(engine, context, value) {
  if (engine.QTS_ResolveException(context, value) !== 0) fail('the prelude threw');
  return value;
}

function pack(bytes) {
  // What finished calls left on the stack.
  bytes.fill(0, STACK.end - STACK.size, STACK.end);
  const parts = [];
  for (let at = nextNonZero(bytes, 0); at < bytes.length;) {
    const start = at;
    let end = at;
    while (at < bytes.length && at - end <= GAP) if (bytes[at++] !== 0) end = at;
    const head = Buffer.alloc(8);
    head.writeUInt32LE(start, 0);
    head.writeUInt32LE(end - start, 4);
    parts.push(head, Buffer.from(bytes.subarray(start, end)));
    at = nextNonZero(bytes, at);
  }
  return Buffer.concat(parts);
}

function nextNonZero(bytes, from) {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

function fail(what) {
  throw new Error(what);
}
