import { minimalValue } from './fill.ts';
import type { Conversation, RuleAnswer } from './rule-model.ts';

/** `offline/echo`: gives the prompt back; with a schema, the smallest value that fits it. For first scripts and benches. */
export function echo(conversation: Conversation): RuleAnswer {
  const { submitSchema, user } = conversation;
  if (submitSchema === null) return { text: user.at(-1) ?? '' };
  return { calls: [{ name: 'submit', input: minimalValue(submitSchema, submitSchema) }] };
}
