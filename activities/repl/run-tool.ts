/** The tool by which a model may run a cell, where it prefers tools to fenced code (RL-02). The loop runs it, not an activity. */
import type { ToolSpec } from '../model/ask.ts';

export const RUN_TOOL: ToolSpec = {
  description:
    'Runs one cell of JavaScript in the REPL and shows what it printed. The same as a ```js block in your answer.',
  inputSchema: {
    type: 'object',
    properties: { code: { type: 'string', description: 'The cell.' } },
    required: ['code'],
    additionalProperties: false,
  },
};
