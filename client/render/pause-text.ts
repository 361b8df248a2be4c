import type { PauseLimit, PauseView } from '../../protocol/view.ts';
import { safeLine } from './sanitize.ts';

const FLAGS: Record<PauseLimit, string> = {
  maxCalls: '--max-calls',
  maxRequests: '--max-requests',
  maxInputTokens: '--max-input-tokens',
  maxOutputTokens: '--max-output-tokens',
  maxUsd: '--max-usd',
  maxTimeMs: '--max-time',
};

/** Why a run is paused, and the command with which it goes on. */
export function pauseText(run: string, { reason, limit, text }: Pick<PauseView, 'reason' | 'limit' | 'text'>): string {
  const id = safeLine(run);
  switch (reason) {
    case 'limit':
      return limit === null
        ? `paused: waits for a higher limit: \`braid limit ${id} --max-…\``
        : `paused: waits for a higher limit ${limit}: \`braid limit ${id} ${FLAGS[limit]} N\``;
    case 'quota': {
      const said = text === null ? 'the quota of a provider is used up' : safeLine(text);
      // What the run says begins so, and names the command itself.
      return said.startsWith('paused: ') ? said : `paused: quota: ${said}; add credit, then \`braid resume ${id}\``;
    }
    case 'person':
      return `paused, what is in flight goes on; continue with \`braid resume ${id}\``;
    case 'unknown':
      return `paused; continue with \`braid resume ${id}\``;
  }
}
