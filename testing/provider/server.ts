/**
 * A scripted model provider that speaks both OpenAI wire formats, for tests: the real AI SDK, retries, streaming and
 * structured output run against it, and every request is counted and kept.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, type ProviderScript, type Reply } from './reply.ts';
import { parseRequest, type SeenRequest } from './request.ts';
import { errorEvent, eventsOf } from './wires.ts';

export interface TestProvider {
  /** Value for OPENAI_BASE_URL. */
  url: string;
  /** Every request so far, in order of arrival. */
  requests: SeenRequest[];
  /** Replaces the script for the requests to come. */
  setScript(script: ProviderScript): void;
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 120_000;

export async function startProvider(
  script: ProviderScript,
  options: { port?: number; onRequest?: (request: SeenRequest) => void } = {},
): Promise<TestProvider> {
  const requests: SeenRequest[] = [];
  let current = script;
  const server = createServer((incoming, response) => {
    void serve(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: `test provider script failed: ${String(error)}`, type: 'server_error' } }),
      );
    });
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const wire = wireOf(incoming.url ?? '');
    if (wire === null)
      return sendJson(response, 404, { error: { message: `no such path: ${incoming.url}`, type: 'not_found' } });
    const request = parseRequest(requests.length + 1, wire, incoming.headers, await bodyOf(incoming));
    requests.push(request);
    response.on('close', () => {
      request.closed = !response.writableFinished;
      request.endedAt = Date.now();
    });
    options.onRequest?.(request);
    const reply = await current(request, request.n);
    await answer(request, response, typeof reply === 'string' ? { text: reply } : reply);
  }

  // A client that reuses a connection just as the server ends it has a broken request: with Node's 5 s that happens between two runs.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    setScript: (next) => {
      current = next;
    },
    close: () => closeServer(server),
  };
}

async function answer(request: SeenRequest, response: ServerResponse, reply: Exclude<Reply, string>): Promise<void> {
  if (reply.delayMs !== undefined) await sleep(reply.delayMs);
  if ('status' in reply) {
    const body =
      typeof reply.body === 'string'
        ? reply.body
        : JSON.stringify(reply.body ?? { error: { message: `scripted ${reply.status}` } });
    const type = typeof reply.body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(reply.status, { 'content-type': type, ...reply.headers });
    response.end(body);
    return;
  }
  if ('hang' in reply && reply.hang === 'headers') return;
  const type = ('garbage' in reply && reply.type) || 'text/event-stream';
  response.writeHead(200, { 'content-type': type, ...reply.headers });
  response.flushHeaders();
  if ('garbage' in reply) return void response.end(reply.garbage);
  const { body, end } = eventsOf(request, answerOf(request, reply));
  if ('hang' in reply && reply.hang === 'stream') return;
  for (const event of body) {
    response.write(event);
    if (reply.chunkMs !== undefined) await sleep(reply.chunkMs);
  }
  if ('hang' in reply) return;
  if ('halfStream' in reply)
    return void (reply.how === 'end' ? response.end() : setTimeout(() => response.destroy(), 20));
  if ('streamError' in reply) return void response.end(errorEvent(request, reply.streamError));
  response.end(end.join(''));
}

function wireOf(url: string): SeenRequest['wire'] | null {
  if (url.endsWith('/chat/completions')) return 'chat';
  return url.endsWith('/responses') ? 'responses' : null;
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
