import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '#libs/platform';
import { ApiProblem, notFound } from '../problems/api-problem.js';
import { problemOf } from '../problems/problem-of.js';
import { type HttpProblemCode, PROBLEMS } from '../problems/problem-catalog.js';
import { sendProblem } from '../problems/problem.filter.js';
import { callerOf } from './api-call.js';
import { acceptOnlyJson, BODY_BYTES_MAX } from './json-body.js';
import { KnownPaths } from './method-not-allowed.js';
import { requestIdOf } from './request-id.js';

/** Longer than every id and code. */
const PARAM_CHARACTERS_MAX = 128;
const REQUEST_TIMEOUT_MS = 60_000;

export function newFastifyAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    requestIdHeader: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      setRequestId(request, reply);
      const code = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'uri-too-long' : 'malformed-request';
      sendProblem(new ApiProblem(code, PROBLEMS[code].help), request, reply);
    },
    clientErrorHandler: refuseClient,
  });
  acceptOnlyJson(adapter.getInstance());
  return adapter;
}

/** Request ids, one log line and one observation a request, and problems where there is no route. */
export function prepareServer(fastify: FastifyInstance, metrics: Metrics): void {
  const paths = new KnownPaths();
  paths.watch(fastify);
  const logger = new Logger('Http');
  fastify.addHook('onRequest', (request, reply, done) => {
    setRequestId(request, reply);
    if (!request.is404) return done();
    const methods = paths.methodsOf(request.url.split('?')[0] ?? '/');
    sendProblem(methods.length > 0 ? methodNotAllowed(methods) : notFound(), request, reply);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    observe(request, reply, metrics, logger);
    done();
  });
}

function setRequestId(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
}

/** The route's pattern, never the query, the headers or the body: nothing that a caller may not want kept. */
function observe(request: FastifyRequest, reply: FastifyReply, metrics: Metrics, logger: Logger): void {
  const route = request.routeOptions.url ?? 'none';
  const { method } = request;
  const status = reply.statusCode;
  const milliseconds = Math.round(reply.elapsedTime);
  metrics.requestSeconds.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000);
  const caller = callerOf(request);
  const who = caller && { keyId: caller.principal.keyId, tenantId: caller.principal.tenantId };
  logger.log({ method, route, status, milliseconds, requestId: request.id, ...who });
}

function methodNotAllowed(methods: readonly string[]): ApiProblem {
  const allow = methods.join(', ');
  return new ApiProblem('method-not-allowed', `This path has ${allow}.`, { headers: { allow } });
}

/** What is not even HTTP gets its problem written to the socket by hand. */
function refuseClient(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const code: HttpProblemCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request';
  const { status, title, help } = PROBLEMS[code];
  const requestId = requestIdOf({ headers: {} });
  const fault = { code, detail: help, faults: null, headers: {} };
  const body = JSON.stringify(problemOf(fault, { instance: '/', requestId }));
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `X-Request-ID: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
