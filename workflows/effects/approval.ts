/** What a person is shown who is asked whether a tool may run, and what their answer means. */
import type { Json, JsonObject } from '../../protocol/json.ts';
import type { GateSpec } from '../gates/spec.ts';

export interface Asked {
  tool: string;
  input: Json;
  /** Address and label of the agent's call, and its definition or null. */
  agent: { address: string; label: string; definition: string | null };
  why: string;
  network: boolean;
  digest: string;
}

export type Approval = { verdict: 'once' | 'remember' } | { verdict: 'no'; reason: string | null };

const NO = /^no: ([\s\S]+)$/;

/** What is typed is taken as it is, and nothing but these is understood: whoever means no must not be taken for yes. */
const APPROVAL: JsonObject = {
  type: ['boolean', 'string'],
  anyOf: [
    { type: 'boolean' },
    { enum: ['yes', 'remember', 'no'] },
    { type: 'string', pattern: '^no: ', maxLength: 2_000 },
  ],
};

/** The whole input is shown, as it will run: a gate's digest binds the answer to it (gates/gates.ts, GA2). */
export function approvalGate({ tool, input, agent, why, network, digest }: Asked): GateSpec {
  const { address, label, definition } = agent;
  const details = [
    `tool: ${tool}${tool === 'bash' ? (network ? ', with network' : ', without network') : ''}`,
    `agent: ${address} ${exact(label)}${definition === null ? '' : `, defined as ${exact(definition)}`}`,
    `asked because: ${why}`,
    `input: ${exact(input, 2)}`,
    `digest: ${digest}`,
    '',
    'Answers: yes (this once) · remember (this very input, for the rest of the run) · no · no: and why, which the agent is told',
  ];
  return {
    kind: 'ask',
    question: `May the agent ${exact(label.slice(0, 200))} use ${tool}?`,
    details: details.join('\n'),
    schema: APPROVAL,
    timeoutMs: null,
  };
}

export function readApproval(answer: Json): Approval {
  if (answer === true || answer === 'yes') return { verdict: 'once' };
  if (answer === 'remember') return { verdict: 'remember' };
  return { verdict: 'no', reason: typeof answer === 'string' ? (NO.exec(answer)?.[1] ?? null) : null };
}

export type AfterLoss = 'again' | 'skip' | 'fail';

/** An earlier attempt was lost, or made by another run, and it is not known how far it came. */
export function lostGate(asked: Asked): GateSpec {
  const { tool } = asked;
  const shown = approvalGate(asked);
  return {
    ...shown,
    question: `It is not known whether ${tool} did what it was to do. What now?`,
    details: `${(shown.details ?? '').split('\n\nAnswers:')[0]}\n\nAnswers: again (run it once more) · skip (the agent is told that nobody knows) · fail (the agent's call)`,
    schema: { type: 'string', enum: ['again', 'skip', 'fail'] },
  };
}

/** JSON in which nothing is invisible, reorders text or looks like white space. */
function exact(value: Json, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\p{C}\p{Z}]/gu, (char) =>
    char === ' ' || (char === '\n' && indent !== undefined) ? char : escaped(char),
  );
}

function escaped(char: string): string {
  return [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
