/** Start and end of a `delegate` workflow: an agent that may ask other agents, recursive models and saved workflows. */
import type { AgentInput } from './activities.ts';
import type { AgentResult } from './agent-result.ts';
import type { NodeParent, RunInput } from './run-input.ts';
import type { ScriptResult } from './script-result.ts';

export interface DelegateInput extends RunInput {
  parent: NodeParent;
  /** The agent itself. What it begins on stands in `changes`. */
  agent: Pick<AgentInput, 'task' | 'definition' | 'snapshot' | 'effects'> & {
    /** Whether it may change files itself. */
    writes: boolean;
  };
}

/**
 * What it and all below it came to: `value` and `error` are the agent's, `usage` is of all. `patch`: of an agent that may change files all
 * that was changed, null for nothing; of any other what those changed that it asked.
 */
export interface DelegateResult extends Omit<ScriptResult, 'patch'> {
  patch?: AgentResult['patch'];
  agent: Omit<AgentResult, 'value' | 'patch'>;
}
