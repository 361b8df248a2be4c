export { openSandbox } from './sandbox.ts';
export type { Sandbox, SandboxLimits } from './types.ts';
