import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#libs/identity';
import type { OperationContext } from '#libs/platform';

/** Who calls and under which request: what a controller hands to the use cases. */
export interface Caller {
  readonly principal: Principal;
  readonly context: OperationContext;
}

/** A request behind the guard. */
export interface ApiCall extends Caller {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** For the guard alone. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

export function callerOf(request: FastifyRequest): Caller | null {
  return callers.get(request) ?? null;
}

/** The caller with request and reply, for what answers with headers of its own. */
export const Call = createParamDecorator((_: unknown, host: ExecutionContext): ApiCall => {
  const request = host.switchToHttp().getRequest<FastifyRequest>();
  return { ...knownCaller(request), request, reply: host.switchToHttp().getResponse<FastifyReply>() };
});

/** The operation that the use cases run as. */
export const Context = createParamDecorator(
  (_: unknown, host: ExecutionContext): OperationContext =>
    knownCaller(host.switchToHttp().getRequest<FastifyRequest>()).context,
);

function knownCaller(request: FastifyRequest): Caller {
  const caller = callerOf(request);
  if (!caller) throw new Error('a public route asked who calls');
  return caller;
}
