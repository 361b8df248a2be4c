/** The work of `braid answer`, loaded when it is needed. */
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import type { GateView } from '../../protocol/view.ts';
import { gateText, pickGate, splitWords, valueOfText } from '../answer.ts';
import { readJson } from '../input/args.ts';
import { currentPlace } from '../input/place.ts';
import { RunHandle } from '../run-handle.ts';
import type { AnswerFlags } from './answer.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';

export async function answer(run: string, words: readonly string[], flags: AnswerFlags, output: Output): Promise<void> {
  await withSession('server and worker', async ({ client }) => {
    const handle = new RunHandle(client, run);
    const view = await handle.view();
    const { gate: name, text } = splitWords(view.gates, words);
    refuseTwoAnswers(flags, text);
    const gate = pickGate(view, name);
    const value = await valueOf(run, gate, text, flags);
    await handle.answer(gate, value, { by: flags.by ?? me() });
    if (output !== 'text') printJson({ run, gate: gate.gate, value });
    say(`Answered ${gate.gate} of ${run} with ${JSON.stringify(value).slice(0, 200)}. Look: braid watch ${run}`);
  });
}

async function valueOf(run: string, gate: GateView, text: string | undefined, flags: AnswerFlags): Promise<Json> {
  if (flags.value !== undefined) return readJson(flags.value, '--value', currentPlace());
  if (flags.yes === true || flags.no === true) return flags.yes === true;
  if (text !== undefined) return valueOfText(gate, text);
  if (process.stdin.isTTY && process.stderr.isTTY) return askPerson(gate);
  for (const line of gateText(gate, Date.now())) say(line);
  const how = gate.kind === 'approve' ? '--yes' : gate.schema === null ? '"your answer"' : "--value '{…}'";
  throw new BraidError(
    'BRAID_USAGE',
    `No answer is given for ${gate.gate} of ${run}, and there is no terminal to ask at.`,
    {
      fix: `braid answer ${run} ${gate.gate} ${how}`,
    },
  );
}

/** Asks again until the text means something; Ctrl+C or the end of the input gives up. */
async function askPerson(gate: GateView): Promise<Json> {
  for (const line of gateText(gate, Date.now())) say(line);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    for (;;) {
      const { signal } = closed;
      const text = await lines.question(gate.kind === 'approve' ? '[y/n] ' : '> ', { signal }).catch(() => null);
      if (text === null) throw new BraidError('BRAID_USAGE', `No answer was given; ${gate.gate} stays open.`);
      try {
        return valueOfText(gate, text);
      } catch (error) {
        if (!isBraidError(error, 'BRAID_ANSWER_INVALID')) throw error;
        say(error.message);
      }
    }
  } finally {
    lines.close();
  }
}

function refuseTwoAnswers({ value, yes, no }: AnswerFlags, text: string | undefined): void {
  const given = [
    ...(value === undefined ? [] : ['--value']),
    ...(yes === true ? ['--yes'] : []),
    ...(no === true ? ['--no'] : []),
    ...(text === undefined ? [] : [`the text ${JSON.stringify(text.slice(0, 40))}`]),
  ];
  if (given.length < 2) return;
  throw new BraidError('BRAID_USAGE', `More than one answer is given: ${given.join(', ')}.`, { fix: 'Give one.' });
}

function me(): string | null {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry, as in containers.
    return null;
  }
}
