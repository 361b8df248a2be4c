// A guest's prelude as one text: `sandbox/prelude/` or `sandbox/prelude-repl/` bundled to an expression that gives
// `post => startText => entry`.
import { build } from 'esbuild';
import { resolve } from 'node:path';

/** @param main the folder's name: `prelude` for scripts, `prelude-repl` for the REPL of an RLM */
export async function buildPrelude(root, main) {
  const folder = resolve(root, 'sandbox/prelude');
  // core-js asks for a random number when it loads, for keys that never leave it; a guest has none to give.
  const url = await bundle(resolve(folder, 'url.js'), { 'Math.random': 'fixed' }, 'const fixed=()=>0.5;');
  const text = await bundle(resolve(root, 'sandbox', main, 'main.js'), { URL_SOURCE: JSON.stringify(url) });
  return `${text}.boot`;
}

async function bundle(entry, define, before = '') {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    charset: 'ascii',
    legalComments: 'none',
    format: 'iife',
    globalName: 'bundle',
    // QuickJS has the whole of ES2023.
    target: 'es2023',
    define,
    logLevel: 'error',
  });
  // The engine gets an expression, so that the bundle leaves no global of its own.
  return `(()=>{${before}${result.outputFiles[0].text.trim()}return bundle})()`;
}
