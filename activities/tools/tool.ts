import { Validator } from '@cfworker/json-schema';
import type { ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import { hashText } from '../../protocol/hash.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { ReadTool } from '../../protocol/tool-names.ts';
import type { Snapshot } from '../workspace/snapshot.ts';

export interface ToolContext {
  snapshot: Snapshot;
  /** Folder of the store; search threads read blobs there by themselves. */
  home: string;
  signal: AbortSignal;
}

/** A tool that a model may call. What is wrong with a call is an answer to the model (`isError`), never an exception. */
export interface Tool {
  name: ReadTool;
  /** For the model. */
  description: string;
  /** JSON Schema of the input; its root is an object. */
  inputSchema: JsonObject;
  run(input: Json, context: ToolContext): Promise<ToolResponse>;
}

/** The part that differs from tool to tool; `input` has passed the schema. */
interface ToolSpec {
  name: ReadTool;
  description: string;
  properties: { [name: string]: JsonObject };
  required?: string[];
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
      return problem(`${spec.name}: the input does not fit${where} It takes ${signature(spec)}.`);
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
