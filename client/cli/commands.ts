/** Every command, in the order in which `braid --help` lists them. */
import type { Command } from 'commander';
import { addAnswer } from './answer.ts';
import { addBatch } from './batch.ts';
import { addChanges } from './changes.ts';
import { addCompare } from './compare.ts';
import { addControl } from './control.ts';
import { addDev } from './dev.ts';
import { addDoctor } from './doctor.ts';
import { addLook } from './look.ts';
import { addPlan } from './plan.ts';
import { addRlm } from './rlm.ts';
import { addFork, addRun } from './run.ts';
import { addSave } from './save.ts';
import { addMine, addTest } from './saved.ts';
import { addStore } from './store.ts';
import { addWorker } from './worker.ts';

export const COMMANDS: readonly ((program: Command) => void)[] = [
  addRun,
  addRlm,
  addBatch,
  addPlan,
  addCompare,
  addFork,
  addLook,
  addChanges,
  addAnswer,
  addControl,
  addSave,
  addTest,
  addMine,
  addStore,
  addDev,
  addWorker,
  addDoctor,
];
