/** What a failed question to the server means. */
import { isGrpcServiceError } from '@temporalio/client';
import { BraidError } from '../protocol/errors.ts';

/** gRPC status codes; numbers of the wire. */
const GRPC = { notFound: 5, permissionDenied: 7, invalidArgument: 3, unauthenticated: 16 } as const;
const FINAL: ReadonlySet<number> = new Set(Object.values(GRPC));

/** True when the same question may be answered later: the server is away, starting or overloaded. */
export function isLost(error: unknown): boolean {
  if (!isGrpcServiceError(error)) return false;
  // A server that has just started may not know its namespaces yet.
  return !FINAL.has(error.code) || (error.code === GRPC.notFound && /namespace/i.test(error.details));
}

/** True when the server says that there is no such execution. */
export function isUnknown(error: unknown): boolean {
  return isGrpcServiceError(error) && error.code === GRPC.notFound && !isLost(error);
}

/** A failed question about one run as an error for people. */
export function runError(error: unknown, run: string): Error {
  if (!isGrpcServiceError(error)) return error instanceof Error ? error : new Error(String(error));
  if (error.code === GRPC.notFound) {
    return new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${run} on this server.`, { cause: error });
  }
  return new BraidError('BRAID_SERVER_UNREACHABLE', `The server did not answer for run ${run}: ${error.details}`, {
    cause: error,
  });
}
