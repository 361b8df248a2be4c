/** Scripts of a provider that plays a tree of RLMs: each node is known by how its question begins. */
import type { ProviderScript, Reply, SeenRequest } from '../../testing/provider/index.ts';
import { promptOf } from '../../testing/provider/index.ts';
import { isTurn } from './play.ts';

/** Answers of a node's turns in order (the last one repeats), or a function of the turn, counted from 0. */
export type NodePlay = Reply[] | ((request: SeenRequest, turn: number) => Reply);

/** `nodes`: by the start of the question, the longest that fits; `leaf` answers plain calls and agents. */
export function playingNodes(
  nodes: { [question: string]: NodePlay },
  leaf: (request: SeenRequest) => Reply | Promise<Reply> = (request) => `<${promptOf(request)}>`,
): ProviderScript {
  return (request) => {
    if (!isTurn(request)) return leaf(request);
    const question = questionOf(request);
    const name = Object.keys(nodes)
      .filter((start) => question.startsWith(start))
      .sort((a, b) => b.length - a.length)[0];
    const play = name === undefined ? undefined : nodes[name];
    if (play === undefined) return `nothing is scripted for ${JSON.stringify(question)}`;
    const turn = turnOf(request);
    return typeof play === 'function' ? play(request, turn) : (play[Math.min(turn, play.length - 1)] ?? 'no answer');
  };
}

/** The first line of what a node was asked. */
export function questionOf(request: SeenRequest): string {
  return /^Question[^\n]*\n(.*)/.exec(promptOf(request))?.[1] ?? '';
}

/** Of a node's request, which turn of its loop it is, counted from 0. */
export function turnOf(request: SeenRequest): number {
  return request.messages.filter(({ role }) => role === 'assistant').length;
}

/** The most requests that were open at once. */
export function concurrencyOf(requests: readonly SeenRequest[]): number {
  const events = requests.flatMap(({ at, endedAt }) => [
    { at, step: 1 },
    { at: endedAt ?? Number.MAX_SAFE_INTEGER, step: -1 },
  ]);
  events.sort((a, b) => a.at - b.at || a.step - b.step);
  let open = 0;
  return events.reduce((most, { step }) => Math.max(most, (open += step)), 0);
}
