import { MockActivityEnvironment } from '@temporalio/testing';
import { createModelActivity } from '../../../activities/model/model-activity.ts';
import { TOOLS } from '../../../activities/tools/index.ts';
import type { Json, JsonObject } from '../../../protocol/json.ts';
import type { ModelMessage, ModelResponse } from '../../../protocol/model-call.ts';
import { logsOf, memoryRecords, requestOf, TAG } from '../model/harness.ts';
import type { Call } from '../tools/kit.ts';

export interface Talk {
  /** The submitted value, or the final text. */
  value: Json;
  /** Every tool call that was made. */
  calls: { name: string; input: Json }[];
  turns: number;
}

/** Runs an agent's loop with a model over real tools: model turn → tool calls → model turn. */
export async function converse(
  prompt: string,
  options: { model?: string; schema?: JsonObject; tools?: string[]; call?: Call; system?: string },
): Promise<Talk> {
  const model = createModelActivity({ logs: logsOf(memoryRecords()), toolSpecs: TOOLS, env: {} });
  const messages: ModelMessage[] = [{ role: 'user', text: prompt }];
  const talk: Talk = { value: null, calls: [], turns: 0 };
  const tools = options.tools ?? (options.call === undefined ? [] : Object.keys(TOOLS));
  for (;;) {
    talk.turns += 1;
    if (talk.turns > 60) throw new Error('the conversation does not end');
    const request = requestOf({
      model: options.model ?? 'offline/reviewer',
      messages,
      tools,
      schema: options.schema ?? null,
    });
    const environment = new MockActivityEnvironment({ activityId: String(talk.turns) });
    const response: ModelResponse = await environment.run(model, TAG, request);
    if (response.kind !== 'message') throw new Error('an offline model asks nobody to wait');
    if (response.submit?.valid === true) return { ...talk, value: response.submit.value };
    if (response.submit !== null) throw new Error(`invalid submission: ${response.submit.problem}`);
    if (response.toolCalls.length === 0) return { ...talk, value: response.text };
    talk.calls.push(...response.toolCalls.map(({ name, input }) => ({ name, input })));
    const results = await Promise.all(
      response.toolCalls.map(async ({ id, name, input }) => {
        const { output, isError } = (await options.call?.(name, input)) ?? { output: 'no tools', isError: true };
        return { id, name, output, isError };
      }),
    );
    messages.push({ role: 'assistant', text: response.text, toolCalls: response.toolCalls }, { role: 'tool', results });
  }
}

const text = { type: 'string' };
export const FINDINGS: JsonObject = {
  type: 'object',
  properties: {
    findings: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          title: text,
          file: text,
          line: { type: 'integer' },
          severity: { enum: ['high', 'medium', 'low'] },
          code: text,
          why: text,
        },
        required: ['title', 'file', 'line', 'severity', 'code', 'why'],
        additionalProperties: false,
      },
    },
  },
  required: ['findings'],
};
export const VERDICT: JsonObject = {
  type: 'object',
  properties: { isReal: { type: 'boolean' }, reason: text },
  required: ['isReal', 'reason'],
};

export interface Found {
  title: string;
  file: string;
  line: number;
  severity: string;
  code: string;
  why: string;
}

export function findingsOf(talk: Talk): Found[] {
  return (talk.value as unknown as { findings: Found[] }).findings;
}

export function verdictOf(talk: Talk): { isReal: boolean; reason: string } {
  return talk.value as unknown as { isReal: boolean; reason: string };
}

/** The prompt of a sceptic, as examples/review.js writes it. */
export function refutation(found: Found): string {
  return `Try to REFUTE this finding: ${found.title}. Read ${found.file} around line ${found.line} first.\n${JSON.stringify(found)}`;
}
