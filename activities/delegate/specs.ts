/** What models are told of the tools by which an agent asks others. The calls themselves are made by workflows (workflows/delegate/). */
import type { JsonObject } from '../../protocol/json.ts';
import type { CallTool, DESCRIBE_TOOL } from '../../protocol/tool-names.ts';
import type { ToolSpec } from '../model/ask.ts';

const SCHEMA = { type: 'object', description: 'JSON Schema of the answer, when you want data and no text.' };
const LABEL = { type: 'string', description: 'Two or three words for people who watch the run.' };

export const ASKING_TOOLS: { readonly [tool in CallTool | typeof DESCRIBE_TOOL]: ToolSpec } = {
  agent: {
    description:
      'Asks another agent, which works on its own in a fresh conversation and gives its final answer. It knows nothing of yours. An agent ' +
      'without a type can read the workspace; what one with a type can do, its definition says.',
    inputSchema: input(['prompt'], {
      prompt: { type: 'string', description: 'The whole task, with all that is needed for it.' },
      agentType: { type: 'string', description: 'Name of an agent definition, as `describe` lists them.' },
      context: { type: 'string', description: 'Material that is shown to it beside the task.' },
      schema: SCHEMA,
      label: LABEL,
    }),
  },
  rlm: {
    description:
      'Asks a recursive language model, which looks through material of any length by program instead of reading it. For a question over ' +
      'more than you could read yourself.',
    inputSchema: input(['question'], {
      question: { type: 'string' },
      context: { type: 'string', description: 'The material as text.' },
      files: {
        type: 'string',
        description: 'The material as files of the workspace: a glob pattern such as src/**/*.ts.',
      },
      schema: SCHEMA,
      label: LABEL,
    }),
  },
  workflow: {
    description: 'Runs a saved workflow, a program that may ask many agents itself, and gives what it returns.',
    inputSchema: input(['name'], {
      name: { type: 'string', description: 'As `describe` lists it.' },
      args: { description: 'What the workflow gets as its args: any JSON.' },
    }),
  },
  describe: {
    description:
      'Without a name: lists the agents and workflows that you may ask. With one: how it is called, the start of its prompt, and what calls ' +
      'of it have cost so far.',
    inputSchema: input([], { name: { type: 'string' } }),
  },
};

function input(required: string[], properties: { [name: string]: JsonObject }): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false };
}
