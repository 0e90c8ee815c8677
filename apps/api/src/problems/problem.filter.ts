import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS } from './problem-catalog.js';
import { faultOf, problemOf } from './problem-of.js';

const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** Answers any error as a problem. Nothing of an error that no table names leaves the process, but to its log. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = faultOf(error);
  const { status } = PROBLEMS[fault.code];
  if (status >= 500) logFault(error, request);
  if (reply.sent) return;
  const instance = request.url.split('?')[0] ?? '/';
  const body = problemOf(fault, { instance, requestId: request.id });
  reply
    .status(status)
    .headers(fault.headers)
    .header('content-type', PROBLEM_JSON)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(body));
}

function logFault(error: unknown, request: FastifyRequest): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  new Logger('Api').error({ requestId: request.id, route: request.routeOptions.url ?? null, message }, stack);
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
