/**
 * Watches one request on the wire: when it leaves, whether the provider is alive, and what it sent when that was no stream.
 *
 *  W1  Bytes of the response are signs of life, comments of the event stream (keep-alives of proxies) are not.
 *  W2  Silence of `stallMs` and a whole time of `wholeMs` end the request; so does the caller's signal. All three close
 *      the socket.
 */
export interface WireWatch {
  /** For the provider: `fetch` that reports to this watch. */
  fetch: typeof globalThis.fetch;
  /** For the AI SDK: aborts with the request. */
  signal: AbortSignal;
  /** Rejects with the reason when the request is ended from this side. */
  cut: Promise<never>;
  alive(): void;
  /** The start of a 200 response that held no event of a stream; null when there was one or no body. */
  notAStream(): string | null;
  stop(): void;
}

/** The provider said nothing for `stallMs`, or talked for longer than `wholeMs`. */
export class StalledError extends Error {
  override name = 'StalledError';
}

const HEAD_CHARS = 400;

export function watchWire(options: {
  stallMs: number;
  wholeMs: number;
  signal: AbortSignal;
  /** Called before a request leaves. */
  beforeSend: () => Promise<void>;
  /** Called when its response begins. */
  began?: (response: Response) => void;
}): WireWatch {
  const controller = new AbortController();
  const stall = setTimeout(() => {
    controller.abort(new StalledError(`the provider sent nothing for ${seconds(options.stallMs)}`));
  }, options.stallMs);
  const whole = setTimeout(() => {
    controller.abort(new StalledError(`the answer was not complete after ${seconds(options.wholeMs)}`));
  }, options.wholeMs);
  const onAbort = (): void => controller.abort(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();

  const cut = new Promise<never>((_, reject) => {
    const fail = (): void => reject(controller.signal.reason as Error);
    if (controller.signal.aborted) fail();
    else controller.signal.addEventListener('abort', fail, { once: true });
  });
  cut.catch(() => undefined);
  const sniffer = createSniffer();
  const alive = (): void => void stall.refresh();
  let ended = false;
  const onEnd = (): void => void (ended = true);

  return {
    signal: controller.signal,
    cut,
    alive,
    notAStream: sniffer.notAStream,
    fetch: async (input, init) => {
      await options.beforeSend();
      alive();
      const response = await globalThis.fetch(input, init);
      alive();
      options.began?.(response);
      return response.ok && response.body !== null
        ? tapped(response, response.body, { sniffer, alive, onEnd })
        : response;
    },
    stop() {
      clearTimeout(stall);
      clearTimeout(whole);
      options.signal.removeEventListener('abort', onAbort);
      // Ends a request whose answer was given up half-way, for example at an error event.
      if (!ended) controller.abort(new Error('the request is over'));
    },
  };
}

/** The same response, whose body is looked at as it is read. One plain stream: a pipe through a second one costs as much as the SDK. */
function tapped(response: Response, body: ReadableStream<Uint8Array>, { sniffer, alive, onEnd }: Tap): Response {
  const reader = body.getReader();
  const tap = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          onEnd();
          return controller.close();
        }
        if (sniffer.look(value)) alive();
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(tap, { status, statusText, headers });
}

interface Tap {
  sniffer: Sniffer;
  alive: () => void;
  onEnd: () => void;
}

interface Sniffer {
  /** Whether these bytes are a sign of life. */
  look(chunk: Uint8Array): boolean;
  notAStream(): string | null;
}

function createSniffer(): Sniffer {
  let head = '';
  let isStream = false;
  return {
    look(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const hasEvent = bytes.includes('data:');
      isStream ||= hasEvent;
      if (!isStream && head.length < HEAD_CHARS) head += bytes.toString('utf8', 0, HEAD_CHARS - head.length);
      const onlyComment = bytes[0] === 0x3a && !hasEvent;
      return !onlyComment;
    },
    notAStream: () => (isStream || head.trim() === '' ? null : head),
  };
}

function seconds(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 1000)} s` : `${ms} ms`;
}
