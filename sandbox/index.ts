export { openSandbox } from './sandbox.ts';
export type { Sandbox, SandboxLimits, SandboxOptions } from './types.ts';
