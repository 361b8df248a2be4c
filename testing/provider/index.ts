export { startProvider, type TestProvider } from './server.ts';
export { lastOf, promptOf, type SeenRequest } from './request.ts';
export type { ProviderScript, Reply } from './reply.ts';
export { limited } from './limited.ts';
