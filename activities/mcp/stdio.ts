/**
 * An MCP server as a process of the worker. The AI SDK's own transport reads without bounds and hands the worker's environment on in part.
 *
 *  T1  A server gets the variables of its configuration and a few that programs need, none of the worker's keys.
 *  T2  What it says is bounded by message; a server that says more, or ends, closes the transport.
 *  T3  It ends with the worker: its standard input closes then.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { JSONRPCMessage, MCPTransport } from '@ai-sdk/mcp';
import { MCP } from '../../protocol/limits.ts';

export interface StdioServer {
  command: string;
  args: string[];
  env: { [name: string]: string };
}

const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR'];

export class StdioTransport implements MCPTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Told of its end, beside the client, which takes `onclose` for itself. */
  onEnd: () => void = () => undefined;
  /** The last that the server said on its standard error, for messages about its end. */
  complaint = '';
  private readonly server: StdioServer;
  private readonly cwd: string;
  private child: ChildProcess | null = null;
  private pieces: Buffer[] = [];
  private size = 0;

  constructor(server: StdioServer, cwd: string) {
    this.server = server;
    this.cwd = cwd;
  }

  start(): Promise<void> {
    const { command, args, env } = this.server;
    const passed = Object.fromEntries(
      PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    );
    const child = spawn(command, args, { cwd: this.cwd, env: { ...passed, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => this.read(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString('utf8')).slice(-500);
    });
    child.once('close', () => this.closed());
    // A worker ends although servers run (T3).
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr])
      if ('unref' in stream) (stream.unref as () => void)();
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        this.complaint = error.message;
        this.closed();
        reject(error);
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.child?.stdin;
    if (stdin == null || !stdin.writable) return Promise.reject(new Error('the server has ended'));
    return new Promise((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) => (error == null ? resolve() : reject(error)));
    });
  }

  close(): Promise<void> {
    this.child?.kill('SIGKILL');
    this.closed();
    return Promise.resolve();
  }

  private closed(): void {
    if (this.child === null) return;
    this.child = null;
    this.pieces = [];
    this.onclose?.();
    this.onEnd();
  }

  private read(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.pieces.push(chunk.subarray(from, end));
      this.tell(Buffer.concat(this.pieces).toString('utf8'));
      this.pieces = [];
      this.size = 0;
      from = end + 1;
    }
    this.pieces.push(chunk.subarray(from));
    this.size += chunk.length - from;
    if (this.size <= MCP.messageBytes) return;
    this.complaint = `it sent a message of more than ${MCP.messageBytes / 2 ** 20} MiB`;
    void this.close();
  }

  /** What is no message is told and passed over: servers print to their standard output by mistake. */
  private tell(line: string): void {
    if (line.trim() === '') return;
    try {
      this.onmessage?.(JSON.parse(line) as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
