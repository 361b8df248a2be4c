/** `import { Braid, RLMAgent } from 'braid/client'`: start, attach, watch and steer runs from TypeScript (design §5.3). */
export {
  Braid,
  type ConnectOptions,
  type ResumeOptions,
  type RlmContext,
  type RlmLimits,
  type RlmRunOptions,
  type RunOptions,
} from './braid.ts';
export { RLMAgent, type RLMAgentCall, type RLMAgentSettings } from './rlm-agent.ts';
export type { ModelLike } from './rlm-models.ts';
export type { RlmStep, RlmSubCall } from './rlm-steps.ts';
export type { RlmGenerateResult, RlmStream, RlmStreamEvent, RlmUsage } from './rlm-stream.ts';
export type { Comparison } from './compare/comparison.ts';
export { defineConfig } from './input/config.ts';
export type { LimitChange } from './limit-change.ts';
export { RunHandle } from './run-handle.ts';
export {
  checkStructure,
  parseStructure,
  pinStructure,
  type PinnedCalls,
  type PinnedStructure,
} from './save/structure.ts';
export { testSaved, type TestReport } from './save/test-saved.ts';
export { BraidError, isBraidError } from '../protocol/errors.ts';
export type { RunResult, RunStatus, Outcome, Usage } from '../protocol/outcome.ts';
export type { GateView, RunEvent, RunView } from '../protocol/view.ts';
