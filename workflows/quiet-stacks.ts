/**
 * Preloaded before all workflow code (worker/bundle.ts). The SDK takes a stack trace for every promise that a workflow makes,
 * for the "Stack Trace" tab of Temporal's UI, and maps it through source maps: two thirds of a wide run's CPU time. Frames of
 * the engine's own code tell users nothing (a script's errors have places of their own), so none are taken. The price: that
 * tab is empty, and an error of Braid itself has a message but no frames.
 */
Error.stackTraceLimit = 0;

/**
 * The SDK's hook finds a promise's workflow by compiling a function in the promise's own realm, three times for each promise
 * (`promise.constructor.constructor(code)()`). It is told that there is none, and then lets the promise be.
 */
Object.defineProperty(Promise, 'constructor', { value: () => () => undefined });
