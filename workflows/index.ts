export { agent } from './agent/workflow.ts';
export { script } from './script/workflow.ts';
export { rlm } from './rlm/workflow.ts';
