/**
 * The loop of a recursive language model: answer → cells → output → answer (rlm.md, RL-01 to RL-09).
 *
 *  Y1  A final counts only when the cell that calls it has run (RL-05); cells after it in the same answer are not run.
 *  Y2  A node ends by a final, or with what it has: one last question, then its best variable (RL-07, RL-09, RL-64).
 *  Y3  The first message's size depends on nothing but the question's shown part and the context's description (RL-01).
 */
import { extractCells } from '../../sandbox/cells/extract.ts';
import { describeCellError } from '../../sandbox/cells/frame.ts';
import type { RlmHandover } from '../../protocol/handover.ts';
import { RLM } from '../../protocol/limits.ts';
import type { ToolResult } from '../../protocol/model-call.ts';
import type { ReplFinal, VariableInfo } from '../../protocol/repl.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import type { Message } from '../agent/ask.ts';
import { CellRun, type CellEnd, type CellHost } from './cell.ts';
import { Progress } from './progress.ts';
import { cellMessage, firstMessage, reminder, type Asked, type CellReport, type Left } from './prompts/turns.ts';
import type { Turns } from './turns.ts';

export type AcceptedFinal = Extract<ReplFinal, { ok: true }>;

/** `why` is null for a regular final. */
export type LoopEnd = { final: AcceptedFinal } | { why: string };

interface Block {
  code: string;
  /** The tool call that brought it, if it was one. */
  toolCall: { id: string; name: string } | null;
}

export class RlmLoop {
  iteration = 0;
  variables: VariableInfo[] = [];
  private readonly input: RlmInput;
  private readonly host: CellHost;
  private readonly turns: Turns;
  private readonly left: (iteration: number) => Left;
  private readonly progress = new Progress();
  private cells = 0;
  private reminded = false;

  constructor(input: RlmInput, host: CellHost, turns: Turns, left: (iteration: number) => Left) {
    this.input = input;
    this.host = host;
    this.turns = turns;
    this.left = left;
  }

  get handover(): RlmHandover['loop'] {
    const { iteration, cells, reminded, variables } = this;
    return { iteration, cells, reminded, variables, ...this.progress.handover };
  }

  continueFrom(before: RlmHandover['loop']): void {
    const { iteration, cells, reminded, variables } = before;
    Object.assign(this, { iteration, cells, reminded, variables });
    this.progress.continueFrom(before);
  }

  /** `between` is called between two turns, when no cell runs. Throws LimitReached, CrashLoop, or what ends the node. */
  async run(between: () => Promise<void>): Promise<LoopEnd> {
    const { asked, context, rlm, handover } = this.input;
    if (handover === undefined) {
      this.turns.add({ role: 'user', text: firstMessage(shown(asked), context, rlm.schema, this.left(1)) });
    }
    while (this.iteration < rlm.maxIterations) {
      await between();
      this.iteration += 1;
      const message = await this.turns.ask();
      const { blocks, hints } = blocksOf(message);
      const end = blocks.length === 0 ? this.withoutCode(message, hints) : await this.withCells(message, blocks, hints);
      if (end !== null) return end;
      const stalled = this.progress.stalled;
      if (stalled !== null) return { why: stalled };
    }
    return { why: `The limit of ${rlm.maxIterations} iterations is reached.` };
  }

  /** Runs one cell outside the loop, for the last word. */
  async lastCell(code: string): Promise<CellEnd> {
    this.cells += 1;
    const end = await new CellRun(this.host, this.cells).run(code);
    this.variables = end.variables;
    return end;
  }

  /** RL-02: the first answer without code is only reminded of; from then on it counts as an iteration. */
  private withoutCode(message: Message, hints: string[]): null {
    this.progress.noCode();
    if (!this.reminded) this.iteration -= 1;
    this.reminded = true;
    const text = reminder(hints, this.left(this.iteration + 1));
    this.turns.add({ role: 'assistant', text: spoken(message), toolCalls: [] }, { role: 'user', text });
    return null;
  }

  private async withCells(message: Message, blocks: Block[], hints: string[]): Promise<LoopEnd | null> {
    this.reminded = false;
    const reports: CellReport[] = [];
    let ran = 0;
    let why: string | null = null;
    for (const { code } of blocks.slice(0, RLM.cellsPerTurn)) {
      ran += 1;
      const end = await this.lastCell(code);
      if (end.final?.ok === true) return { final: end.final };
      reports.push(reportOf(this.cells, end, ran === 1 ? hints : []));
      if (end.givenUp) {
        why = 'The budget of the run is used up.';
        break;
      }
      // What follows was written in the belief that this cell would work.
      if (end.error !== null || end.final !== null) break;
    }
    const errors = reports.map(({ error, problem }) => error ?? problem).filter((error) => error !== null);
    this.progress.ran(
      blocks.map(({ code }) => code).join('\n'),
      reports.map(({ output }) => output).join('\n'),
      errors.length === 0 ? null : errors.join('\n'),
    );
    this.answer(message, blocks, reports);
    return why === null ? null : { why };
  }

  /** What the model sees of its cells: as results of its tool calls, or as the user's next message. */
  private answer(message: Message, blocks: Block[], reports: CellReport[]): void {
    const skipped = blocks.length - reports.length;
    const left = this.left(this.iteration + 1);
    const { text, toolCalls, raw } = message;
    if (toolCalls.length === 0) {
      this.turns.add(
        { role: 'assistant', text, toolCalls: [] },
        { role: 'user', text: cellMessage(reports, skipped, left) },
      );
      return;
    }
    const results = toolCalls.map(({ id, name }): ToolResult => {
      const at = blocks.findIndex(({ toolCall }) => toolCall?.id === id);
      const report = reports[at];
      const output =
        name !== 'run' || at < 0
          ? 'There is no such tool; `run` takes {code}.'
          : report === undefined
            ? 'This cell was not run, because one before it failed.'
            : cellMessage([report], 0, left);
      return { id, name, output, isError: report === undefined || report.error !== null };
    });
    const own = reports.filter((_, index) => blocks[index]?.toolCall === null);
    this.turns.add(
      { role: 'assistant', text, toolCalls, ...(raw === undefined ? {} : { raw }) },
      { role: 'tool', results },
      ...(own.length === 0 ? [] : [{ role: 'user' as const, text: cellMessage(own, 0, left) }]),
    );
  }
}

/** Cells of the text first, then those of tool calls, in order. */
function blocksOf(message: Message): { blocks: Block[]; hints: string[] } {
  const { cells, hints } = extractCells(message.text);
  const called = message.toolCalls.flatMap(({ id, name, input }): Block[] => {
    const code = typeof input === 'object' && input !== null && 'code' in input ? input['code'] : null;
    return name === 'run' && typeof code === 'string' ? [{ code, toolCall: { id, name } }] : [];
  });
  return { blocks: [...cells.map(({ code }) => ({ code, toolCall: null })), ...called], hints };
}

function reportOf(cell: number, end: CellEnd, hints: string[]): CellReport {
  return {
    cell,
    output: end.output,
    error: end.error === null ? null : describeCellError(end.error),
    hints: [...hints, ...end.hints],
    problem: end.final?.ok === false ? end.final.problem : null,
  };
}

/** Some providers refuse an empty assistant message. */
function spoken({ text }: Message): string {
  return text.trim() === '' ? '(empty answer)' : text;
}

function shown({ head, length }: RlmInput['asked']): Asked {
  if (length <= RLM.questionChars) return { head, tail: '', length };
  return { head: head.slice(0, RLM.questionChars / 2), tail: '', length };
}
