import { MODEL_CALL } from '../../protocol/limits.ts';

/** Names of environment variables whose values are secrets. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i;
/** Shorter values are words, not keys: replacing them would garble messages. */
const MIN_SECRET = 8;

/**
 * Makes text of a provider fit for an error message: no key of this environment, nothing that looks like one, no control
 * characters (a provider's text may reach a terminal), one line, cut.
 */
export function scrub(text: string, env: NodeJS.ProcessEnv, max: number = MODEL_CALL.messageChars): string {
  let out = text;
  for (const [name, value] of Object.entries(env)) {
    if (SECRET_NAME.test(name) && value !== undefined && value.length >= MIN_SECRET)
      out = out.replaceAll(value, '[secret]');
  }
  out = out
    .replaceAll(/\b(Bearer\s+)[\w.~+/=-]{6,}|\b(Basic\s+)[\w+/]{16,}=*/gi, '$1$2[secret]')
    .replaceAll(/\b(?:sk|pk|xai|gsk|hf)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}/g, '[secret]')
    .replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return out.length > max ? `${out.slice(0, max - 1)}…` : out;
}

/** The text of an HTML page, for messages: proxies and wrong base URLs answer with these. */
export function withoutTags(text: string): string {
  return text.replaceAll(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replaceAll(/<[^>]{0,400}>/g, ' ');
}
