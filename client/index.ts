/** `import { Braid, RLMAgent } from 'braid/client'`: start, attach, watch and steer runs from TypeScript (design §5.3). */
export {
  Braid,
  type ConnectOptions,
  type RlmContext,
  type RlmLimits,
  type RlmRunOptions,
  type RunOptions,
} from './braid.ts';
export { RLMAgent, type RLMAgentCall, type RLMAgentSettings } from './rlm-agent.ts';
export type { ModelLike } from './rlm-models.ts';
export type { RlmStep, RlmSubCall } from './rlm-steps.ts';
export type { RlmGenerateResult, RlmStream, RlmStreamEvent, RlmUsage } from './rlm-stream.ts';
export { defineConfig } from './input/config.ts';
export { RunHandle } from './run-handle.ts';
export { BraidError, isBraidError } from '../protocol/errors.ts';
export type { RunResult, RunStatus, Outcome, Usage } from '../protocol/outcome.ts';
export type { RunEvent, RunView } from '../protocol/view.ts';
