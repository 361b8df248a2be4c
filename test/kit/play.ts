/** Scripts of a provider that plays an RLM: answers of its own turns in order, and one rule for everything else. */
import type { ProviderScript, Reply, SeenRequest } from '../../testing/provider/index.ts';

export function cell(code: string): string {
  return `\`\`\`js\n${code}\n\`\`\``;
}

export function cells(...codes: string[]): string {
  return codes.map(cell).join('\n\n');
}

/** Whether the request is a turn of a node with a REPL, not a plain call. */
export function isTurn(request: SeenRequest): boolean {
  return /JavaScript REPL/.test(request.system ?? '');
}

/**
 * Plays the given answers for the turns of the root, in order (a turn is known by the number of answers before it), and lets
 * the last one, if it is a function, answer plain calls.
 */
export function playing(...script: (Reply | ((request: SeenRequest) => Reply))[]): ProviderScript {
  const answers = script.filter((reply): reply is Reply => typeof reply !== 'function');
  const rule = script.find((reply) => typeof reply === 'function');
  return (request) => {
    const turn = request.messages.filter(({ role }) => role === 'assistant').length;
    const answer = isTurn(request) ? answers[turn] : undefined;
    if (answer !== undefined) return answer;
    return rule === undefined ? 'nothing was scripted' : rule(request);
  };
}
