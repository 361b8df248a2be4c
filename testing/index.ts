/** `import { createTestKit } from 'braid/testing'`: test scripts of your own (docs/script-reference.md, "Testing"). */
export { createTestKit, type TestKit, type TestRun, type TestRunOptions } from './kit.ts';
export { lastOf, promptOf, startProvider } from './provider/index.ts';
export type { ProviderScript, Reply, SeenRequest, TestProvider } from './provider/index.ts';
