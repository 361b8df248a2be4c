import { readFileSync } from 'node:fs';
import type { Json } from '../../protocol/json.ts';
import type { Note } from '../../protocol/model-call.ts';
import type { RunView } from '../../protocol/view.ts';
import { readRun } from '../../client/view/read.ts';
import type { Harness } from './harness.ts';
import { promptOf, type Reply, type SeenRequest } from '../../testing/provider/index.ts';

/** Text of a file of this repository, by its path from the root. */
export function repositoryFile(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The run as its histories tell it, those of its children included. */
export function viewOf(harness: Harness, run: { workflowId: string }): Promise<RunView> {
  return readRun(harness.client, run.workflowId, { children: true });
}

/** `phase › label = state` of every call, sorted: who was asked, in which group, with what end. */
export function callsOf(view: RunView): string[] {
  return view.calls.map(({ phase, label, state }) => `${phase ?? '–'} › ${label} = ${state}`).toSorted();
}

/** Lines of the run's story of one kind, wherever in history they travelled. */
export function linesOf(view: RunView, kind: Note['kind']): string[] {
  return view.notes.filter((note) => note.kind === kind).map((note) => note.text);
}

/** Prompts in the order of asking. */
export function promptsOf(requests: SeenRequest[]): string[] {
  return requests.map(promptOf);
}

/** A provider that answers by the longest start of the prompt that it knows; what nobody expects is an error that ends the call. */
export function answersByPrompt(answers: { [start: string]: Reply | (() => Reply) }): (request: SeenRequest) => Reply {
  return (request) => {
    const prompt = promptOf(request);
    const starts = Object.keys(answers).filter((text) => prompt.startsWith(text));
    const start = starts.toSorted((a, b) => b.length - a.length)[0];
    if (start === undefined) return { status: 418, body: { error: { message: `nobody expects: ${prompt}` } } };
    const answer = answers[start];
    return (typeof answer === 'function' ? answer() : answer) as Reply;
  };
}

export const DEAD: Reply = { status: 400, body: { error: { message: 'scripted death' } } };

export const submit = (value: Json, delayMs = 0): Reply => ({ submit: value, delayMs });
