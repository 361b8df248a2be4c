import { Validator } from '@cfworker/json-schema';
import type { ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import { hashText } from '../../protocol/hash.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { ErrorCode } from '../../protocol/error-table.ts';
import type { Overlay } from '../../protocol/overlay.ts';
import type { AgentTool, ReadTool } from '../../protocol/tool-names.ts';
import type { Store } from '../../store/blobs.ts';
import type { Snapshot } from '../workspace/snapshot.ts';

export interface ToolContext {
  snapshot: Snapshot;
  /** Folder of the store; search threads read blobs there by themselves. */
  home: string;
  signal: AbortSignal;
  /** The changes that `snapshot` is seen through, for tools that add to them; absent: this agent changes nothing. */
  changes?: { store: Store; overlay: Overlay; base: Snapshot };
}

/** A tool that a model may call. What is wrong with a call is an answer to the model (`isError`), never an exception. */
export interface Tool {
  name: AgentTool;
  /** For the model. */
  description: string;
  /** JSON Schema of the input; its root is an object. */
  inputSchema: JsonObject;
  run(input: Json, context: ToolContext): Promise<ToolResponse>;
}

/** The part that differs from tool to tool; `input` has passed the schema. */
interface ToolSpec {
  name: AgentTool;
  description: string;
  properties: { [name: string]: JsonObject };
  required?: string[];
  /** A tool that changes something: each of its refusals begins with a code. */
  changes?: true;
  run(input: ToolInput, context: ToolContext): Promise<ToolResponse>;
}

export function defineTool(spec: ToolSpec): Tool {
  const inputSchema: JsonObject = {
    type: 'object',
    properties: spec.properties,
    required: spec.required ?? [],
    additionalProperties: false,
  };
  const validator = new Validator(inputSchema, '2020-12', true);
  return {
    name: spec.name,
    description: spec.description,
    inputSchema,
    run: async (input, context) => {
      const checked = isJsonObject(input) ? withoutNulls(input) : input;
      const { valid, errors } = validator.validate(checked);
      if (valid && isJsonObject(checked)) return spec.run(new ToolInput(checked), context);
      const last = errors.at(-1);
      const where =
        last === undefined ? '' : ` at ${last.instanceLocation.replace(/^#\/?/, '') || 'the root'}: ${last.error}`;
      const text = `${spec.name}: the input does not fit${where} It takes ${signature(spec)}.`;
      return spec.changes === true ? refusal('BRAID_TOOL_INPUT', text) : problem(text);
    },
  };
}

/** Reads members of an input whose types the schema has checked. */
export class ToolInput {
  readonly json: JsonObject;

  constructor(json: JsonObject) {
    this.json = json;
  }

  text(name: string): string | undefined {
    const value = this.json[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.json[name];
    return typeof value === 'number' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.json[name] === true;
  }
}

export function problem(output: string, reads: ReadRecord[] = []): ToolResponse {
  return { output, isError: true, reads };
}

/** An answer to a call that asks for what it may not have: the code lets programs and people find such calls. */
export function refusal(code: ErrorCode, output: string, reads: ReadRecord[] = []): ToolResponse {
  return problem(`${code}: ${output}`, reads);
}

/**
 * An answer that depends on more than one file. Its read record holds the whole call as `what` (`grep {"pattern":…}`), so
 * that a later run can ask the same of its own snapshot and compare hashes (design §6).
 */
export function answer(kind: ReadRecord['kind'], tool: ReadTool, input: ToolInput, output: string): ToolResponse {
  return {
    output,
    isError: false,
    reads: [{ kind, what: `${tool} ${canonicalJson(input.json)}`, hash: hashText(output) }],
  };
}

/** Many models send null for an option that they leave out. */
function withoutNulls(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

function signature(spec: ToolSpec): string {
  const members = Object.entries(spec.properties).map(([name, { type }]) => {
    return `${name}${spec.required?.includes(name) === true ? '' : '?'}: ${typeof type === 'string' ? type : 'any'}`;
  });
  return `{${members.join(', ')}}`;
}
