export { agent } from './agent/workflow.ts';
export { delegate } from './delegate/workflow.ts';
export { script } from './script/workflow.ts';
export { rlm } from './rlm/workflow.ts';
export { batch } from './batch/workflow.ts';
export { item } from './batch/item.ts';
