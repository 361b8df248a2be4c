/** Puts the runs of both sides together. Pure: the same runs give the same comparison. */
import { hashJson } from '../../protocol/hash.ts';
import type { Json } from '../../protocol/json.ts';
import type { ComparedRun, Comparison, Side, SideName } from './comparison.ts';
import { determinismOf, type Told } from './determinism.ts';

/** What was compared, apart from what came of it. */
export type Compared = Pick<Comparison, 'id' | 'task' | 'context' | 'pieces' | 'repetitions' | 'models'>;

export function compare(what: Compared, runs: { [side in SideName]: readonly Told[] }): Comparison {
  const workflow = sideOf('workflow', runs.workflow);
  const rlm = sideOf('rlm', runs.rlm);
  const { main, sub } = what.models;
  return {
    v: 1,
    ...what,
    offline: [...new Set([main, sub])].filter((model) => model.startsWith('offline/')),
    workflow,
    rlm,
    sameAnswer: sameAnswer(workflow.runs, rlm.runs),
  };
}

function sideOf(side: SideName, runs: readonly Told[]): Side {
  return { side, runs: runs.map(({ facts }) => facts), determinism: determinismOf(runs) };
}

/** Null unless both sides gave an answer. */
function sameAnswer(workflow: readonly ComparedRun[], rlm: readonly ComparedRun[]): boolean | null {
  const [ours, theirs] = [answersOf(workflow), answersOf(rlm)];
  if (ours.length === 0 || theirs.length === 0) return null;
  return new Set([...ours, ...theirs]).size === 1;
}

function answersOf(runs: readonly ComparedRun[]): string[] {
  return runs.flatMap(({ answer }) => (answer === null ? [] : [hashJson(plain(answer))]));
}

/** An agent's answer is text, a cell's may be a value: `{"a": 1}` is the same answer as the object. */
function plain(answer: Json): Json {
  if (typeof answer !== 'string') return answer;
  const text = answer.trim();
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
