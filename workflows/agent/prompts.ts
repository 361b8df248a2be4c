/** What Braid itself says to models. Short, in one place, versioned with the engine. */

/** System prompt of an agent without a definition (DW-18). */
export function systemPrompt(options: {
  definition: string | null;
  system: string | null;
  tools: boolean;
  /** Whether it may change files; what agents are told that only read stays as it is. */
  writes?: boolean;
  /** Whether it may ask others. */
  asks?: boolean;
  schema: boolean;
}): string {
  const parts = [
    options.system ?? options.definition ?? 'You do one piece of work inside a larger program.',
    options.tools
      ? 'You can read the workspace with your tools. Paths are relative to its root. Look before you claim; name files and lines.'
      : '',
    options.writes === true
      ? 'You may change files. Your changes go to a copy that is yours: the next part of the program gets them as a patch. Read a file ' +
        'before you edit it, change only what the task needs, and leave every file you touch whole.'
      : '',
    options.asks === true
      ? 'You may hand parts of the work to others with your tools. Whoever you ask knows nothing but what you tell them: say all that the ' +
        'part needs. Calls of one turn run at once. Ask for what helps, and do the rest yourself: each call costs.'
      : '',
    options.schema
      ? 'End by calling the tool `submit` exactly once with your result. Nothing outside that call is read.'
      : 'Your final text is data for that program: give the result itself, without greeting or comment on your work.',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

export function submitProblem(problem: string): string {
  return `Not accepted: ${problem}. Call submit again with the whole corrected result.`;
}

export function tooManyTools(limit: number): string {
  return `This call was not run: only the first ${limit} tool calls of a turn are. Look at their results first.`;
}

export function notGiven(name: string, tools: readonly string[]): string {
  return `There is no tool ${name.slice(0, 80)} here. There are ${tools.join(', ')}.`;
}

export function noSuchTool(name: string): string {
  return `There is no tool ${name.slice(0, 80)} here. Answer from what you know.`;
}

export function nudge(): string {
  return 'Your answer must be given by calling the tool `submit`. Call it now with the whole result.';
}
