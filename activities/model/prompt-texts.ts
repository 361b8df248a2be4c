/** Prompts that name texts in the store become plain texts, at the last moment: references are what travels and is journalled. */
import { BraidError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ModelMessage, ModelRequest } from '../../protocol/model-call.ts';
import { promptLength, readPrompt, type ReadText } from '../read-text.ts';

export type ResolvedMessage = Exclude<ModelMessage, { role: 'user' }> | { role: 'user'; text: string };

/** A request as providers get it. */
export interface ResolvedRequest extends Omit<ModelRequest, 'messages'> {
  messages: ResolvedMessage[];
}

/**
 * Reads what a request refers to. Errors: BRAID_OPTION for more than a prompt may have (before anything is read), those of
 * the store for a text that is gone.
 */
export async function resolveRequest(request: ModelRequest, read: ReadText): Promise<ResolvedRequest> {
  const chars = request.messages.reduce(
    (sum, message) => sum + (message.role === 'user' ? promptLength(message.text) : 0),
    0,
  );
  if (chars > LIMITS.promptChars) {
    throw new BraidError(
      'BRAID_OPTION',
      `The prompt has ${chars} characters; no provider reads more than ${LIMITS.promptChars}.`,
      { fix: 'Pass a smaller part of the context: a slice, the hits of a search, or one call for each chunk.' },
    );
  }
  const messages = await Promise.all(request.messages.map((message) => resolveMessage(message, read)));
  return { ...request, messages };
}

async function resolveMessage(message: ModelMessage, read: ReadText): Promise<ResolvedMessage> {
  return message.role === 'user' ? { role: 'user', text: await readPrompt(message.text, read) } : message;
}
