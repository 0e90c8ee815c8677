import type { ApiCall } from '../http/api-call.js';
import { ApiProblem } from '../problems/api-problem.js';

/** The version that `If-Match` names; null where it names none, or any. */
export function versionOfIfMatch({ request }: ApiCall): number | null {
  const given = request.headers['if-match'];
  if (given === undefined || given === '*') return null;
  const [, version] = /^"(\d{1,9})"$/.exec(given) ?? [];
  if (version === undefined)
    throw new ApiProblem('precondition-failed', 'If-Match must be the ETag of an earlier answer, such as "1".');
  return Number(version);
}

export function withETag<T extends { readonly version: number }>({ reply }: ApiCall, body: T): T {
  reply.header('etag', `"${body.version}"`);
  return body;
}
