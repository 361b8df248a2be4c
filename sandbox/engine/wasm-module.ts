import { decodeBase64 } from './base64.ts';
import base64 from './generated/quickjs-metered.js';
import { Wasm, type WasmModule } from './wasm.ts';

/**
 * The compiled engine. It stands alone so that a worker can preload this module once for all of its workflows
 * (`preloadModules`): decoding and compiling cost more than everything else that opening a sandbox does.
 */
export const quickjs: WasmModule = new Wasm.Module(decodeBase64(base64));
