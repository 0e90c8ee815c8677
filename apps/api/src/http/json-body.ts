import type { FastifyInstance } from 'fastify';
import { ApiProblem } from '../problems/api-problem.js';

/** A script of 1,048,576 characters in up to 3 bytes each, and its environment. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Only JSON is taken (415 for the rest); one value in UTF-8. An empty body is no body: the schema says whether that will do. */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch (error) {
    throw new ApiProblem('malformed-json', `The body is not JSON in UTF-8: ${reasonOf(error)}.`);
  }
}

/** Where the parser stopped, without the text around it: that may be part of a script. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, position] = /position (\d+)/.exec(message) ?? [];
  if (position) return `see character ${position}`;
  return error instanceof TypeError ? 'a byte sequence is not UTF-8' : 'it ends too early';
}
