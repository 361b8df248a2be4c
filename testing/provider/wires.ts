import type { Answer } from './reply.ts';
import type { SeenRequest } from './request.ts';

/** The server-sent events of an answer, in the order a provider sends them; the last one ends the response. */
export function eventsOf(request: SeenRequest, answer: Answer): { body: string[]; end: string[] } {
  return request.wire === 'chat' ? chatEvents(request, answer) : responsesEvents(request, answer);
}

/** An error event in the middle of a stream. */
export function errorEvent(request: SeenRequest, error: unknown): string {
  return request.wire === 'chat' ? data({ error }) : data({ type: 'error', sequence_number: 9, error });
}

function chatEvents(request: SeenRequest, answer: Answer): { body: string[]; end: string[] } {
  const chunk = (delta: object, finish: string | null = null): string =>
    data({
      id: answer.id,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: request.model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const body = [chunk({ role: 'assistant', content: '' })];
  for (const piece of pieces(answer.text)) body.push(chunk({ content: piece }));
  answer.toolCalls.forEach((call, index) => {
    body.push(
      chunk({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }),
    );
    for (const piece of pieces(call.input))
      body.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
  });
  const end = [chunk({}, answer.finish ?? (answer.toolCalls.length > 0 ? 'tool_calls' : 'stop'))];
  if (answer.usage !== null) {
    const { input, output } = answer.usage;
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    end.push(
      data({
        id: answer.id,
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: request.model,
        choices: [],
        usage,
      }),
    );
  }
  end.push('data: [DONE]\n\n');
  return { body, end };
}

function responsesEvents(request: SeenRequest, answer: Answer): { body: string[]; end: string[] } {
  const head = { id: answer.id, object: 'response', created_at: 1_700_000_000, model: request.model };
  const body = [data({ type: 'response.created', response: { ...head, status: 'in_progress', output: [] } })];
  let index = 0;
  if (answer.reasoning !== null) {
    const item = { type: 'reasoning', id: `rs_${request.n}`, encrypted_content: answer.reasoning, summary: [] };
    body.push(data({ type: 'response.output_item.added', output_index: index, item }));
    body.push(data({ type: 'response.output_item.done', output_index: index, item }));
    index += 1;
  }
  if (answer.text !== '') {
    body.push(...textItem(`msg_${request.n}`, index, answer.text));
    index += 1;
  }
  for (const call of answer.toolCalls) {
    body.push(...callItem(call, index));
    index += 1;
  }
  const usage =
    answer.usage === null
      ? null
      : {
          input_tokens: answer.usage.input,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: answer.usage.output,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: answer.usage.input + answer.usage.output,
        };
  const cut =
    answer.finish === 'length' ? 'max_output_tokens' : answer.finish === 'content_filter' ? 'content_filter' : null;
  const incomplete = cut === null ? null : { reason: cut };
  const response = {
    ...head,
    status: incomplete === null ? 'completed' : 'incomplete',
    output: [],
    usage,
    incomplete_details: incomplete,
  };
  return { body, end: [data({ type: incomplete === null ? 'response.completed' : 'response.incomplete', response })] };
}

function textItem(id: string, index: number, text: string): string[] {
  const item = { type: 'message', id, role: 'assistant', status: 'in_progress', content: [] };
  const events = [data({ type: 'response.output_item.added', output_index: index, item })];
  for (const delta of pieces(text)) {
    events.push(
      data({
        type: 'response.output_text.delta',
        item_id: id,
        output_index: index,
        content_index: 0,
        delta,
        logprobs: [],
      }),
    );
  }
  const content = [{ type: 'output_text', text, annotations: [] }];
  events.push(
    data({ type: 'response.output_item.done', output_index: index, item: { ...item, status: 'completed', content } }),
  );
  return events;
}

function callItem(call: Answer['toolCalls'][number], index: number): string[] {
  const id = `fc_${call.id}`;
  const item = { type: 'function_call', id, call_id: call.id, name: call.name, status: 'in_progress', arguments: '' };
  const events = [data({ type: 'response.output_item.added', output_index: index, item })];
  for (const delta of pieces(call.input)) {
    events.push(data({ type: 'response.function_call_arguments.delta', item_id: id, output_index: index, delta }));
  }
  const done = { ...item, status: 'completed', arguments: call.input };
  events.push(data({ type: 'response.output_item.done', output_index: index, item: done }));
  return events;
}

/** A text in a few deltas, so that streaming is real. */
function pieces(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / 4));
  const out: string[] = [];
  for (let start = 0; start < text.length; start += size) out.push(text.slice(start, start + size));
  return out;
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
