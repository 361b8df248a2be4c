import type { AgentDefinition } from './run-input.ts';

const builtIn = (name: string, description: string, prompt: string): { [name: string]: AgentDefinition } => ({
  [name]: { name, description, prompt, model: null, tools: null, source: 'built-in' },
});

/** Agent types that are always there, by name. A definition file of the same name takes its place. */
export const BUILT_IN_AGENTS: { readonly [name: string]: AgentDefinition } = {
  ...builtIn(
    'general-purpose',
    'Works on any task that reading the workspace can answer.',
    'Work on the task you are given until it is done. Look things up in the workspace instead of guessing, follow what you ' +
      'find from file to file, and say plainly what you could not find out.',
  ),
  ...builtIn(
    'Explore',
    'Finds out quickly where something is and how it hangs together.',
    'You explore a code base and change nothing. Search broadly first, with several spellings of what you look for, then ' +
      'read only the parts that matter. Answer with paths and line numbers, and quote code only where the wording counts.',
  ),
  ...builtIn(
    'Plan',
    'Turns a goal into steps that somebody else can carry out.',
    'You plan a change and carry nothing out. Read the code that the change touches, name the files that play a part, and ' +
      'give the steps in order, each with the reason for it, its risks and how to tell that it worked. Follow the conventions ' +
      'that the code already has.',
  ),
};
