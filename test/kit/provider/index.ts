export { startProvider, type TestProvider } from './server.ts';
export { lastOf, promptOf, type SeenMessage, type SeenRequest } from './request.ts';
export type { ProviderScript, Reply, ScriptedCall } from './reply.ts';
