/** The part of WebAssembly that Braid uses: TypeScript's libraries name it for browsers only. */
export interface WasmModule {
  readonly [brand]: 'module';
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; throws at the maximum. */
  grow(pages: number): number;
}
interface WasmInstance {
  readonly exports: { readonly [name: string]: unknown };
}
declare const brand: unique symbol;

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => WasmModule;
  Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
  Instance: new (module: WasmModule, imports: { env: { [name: string]: unknown } }) => WasmInstance;
};

export const Wasm = WebAssembly;
