import { FAN_OUT } from './fan-out.ts';
import { GATE } from './gate.ts';
import { LONG } from './long.ts';
import { INNER, NESTED } from './nested.ts';
import { RLM } from './rlm.ts';
import { FILES, TOOLS } from './tools.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [FAN_OUT, NESTED, TOOLS, RLM, LONG, GATE];

/** What stands in the folder that agents read. */
export const WORKSPACE_FILES: { [file: string]: string } = { ...FILES, 'inner.js': INNER };
