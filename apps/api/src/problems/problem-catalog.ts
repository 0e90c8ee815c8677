import type { AccountingErrorCode } from '#libs/accounting';
import type { CapacityErrorCode } from '#libs/capacity';
import type { CatalogErrorCode } from '#libs/catalog';
import type { IdentityErrorCode } from '#libs/identity';
import type { JobsErrorCode } from '#libs/jobs';

/** What the API itself refuses, whatever the route. */
export type HttpProblemCode =
  | 'malformed-request'
  | 'malformed-json'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'payload-too-large'
  | 'uri-too-long'
  | 'unsupported-media-type'
  | 'invalid-input'
  | 'idempotency-key-required'
  | 'idempotency-key-invalid'
  | 'idempotency-key-reused'
  | 'precondition-failed'
  | 'headers-too-large'
  | 'no-account'
  | 'connector-unreachable'
  | 'connector-rejected'
  | 'internal-error'
  | 'unavailable';

export type ProblemCode =
  | HttpProblemCode
  | 'illegal-transition'
  | CatalogErrorCode
  | IdentityErrorCode
  | CapacityErrorCode
  | JobsErrorCode
  | AccountingErrorCode;

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the reader of the answer can do. */
  readonly help: string;
}

const kind = (status: number, title: string, help: string): ProblemKind => ({ status, title, help });

/** The one table from code to HTTP status; it is complete, or this file does not compile. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  'malformed-request': kind(400, 'Malformed request', 'The request line or a header is not valid HTTP.'),
  'malformed-json': kind(400, 'Malformed JSON', 'Send one JSON value in UTF-8.'),
  unauthenticated: kind(
    401,
    'No valid key',
    'Send a key that is not expired or revoked as "Authorization: Bearer <key>".',
  ),
  forbidden: kind(403, 'Not allowed', "Ask for a key with one of the roles named in the problem's detail."),
  'not-found': kind(404, 'Not found', 'Look at /docs for the paths, and check the id.'),
  'method-not-allowed': kind(405, 'Method not allowed', 'Use one of the methods in the Allow header.'),
  'payload-too-large': kind(413, 'Body too large', 'Send less in one request; scripts may have 1,048,576 characters.'),
  'uri-too-long': kind(414, 'Path too long', 'No id or code is that long.'),
  'unsupported-media-type': kind(415, 'Only JSON', 'Send the body as "Content-Type: application/json".'),
  'invalid-input': kind(422, 'Invalid input', 'Correct each field that is listed under errors; nothing was kept.'),
  'idempotency-key-required': kind(
    400,
    'Idempotency key required',
    'Money moves here: send an Idempotency-Key header.',
  ),
  'idempotency-key-invalid': kind(400, 'Idempotency key invalid', 'Send 1 to 255 visible ASCII characters.'),
  'idempotency-key-reused': kind(422, 'Idempotency key reused', 'This key was sent with another body: send a new key.'),
  'precondition-failed': kind(412, 'Changed since', 'Read it again, and send its ETag as If-Match.'),
  'headers-too-large': kind(431, 'Headers too large', 'Send fewer or shorter headers.'),
  'internal-error': kind(500, 'Internal error', 'This is a fault of the broker: report it with the request id.'),
  unavailable: kind(503, 'Not available', 'Try again after the seconds in Retry-After.'),
  'illegal-transition': kind(409, 'Not in this state', 'Read its state first.'),

  'center-not-found': kind(404, 'No such center', 'GET /v1/centers lists the centers.'),
  'center-code-taken': kind(409, 'Center code taken', 'Choose another code.'),
  'center-not-yours': kind(403, 'Not your center', "Use a key of the center's operator."),
  'cluster-not-found': kind(404, 'No such cluster', 'GET /v1/clusters lists the clusters.'),
  'cluster-code-taken': kind(409, 'Cluster code taken', 'Choose another code.'),
  'pool-not-found': kind(404, 'No such pool', 'GET /v1/pools lists the pools.'),
  'pool-code-taken': kind(409, 'Pool code taken', 'Choose another code.'),
  'pool-in-use': kind(409, 'Pool in use', 'Keep at least as many nodes as are reserved.'),
  'version-conflict': kind(412, 'Changed since', 'Read it again, and send its ETag as If-Match.'),

  'tenant-not-found': kind(404, 'No such tenant', 'GET /v1/tenants lists the tenants.'),
  'tenant-code-taken': kind(409, 'Tenant code taken', 'Choose another code.'),
  'project-code-taken': kind(409, 'Project code taken', 'Choose another code.'),
  'member-email-taken': kind(409, 'Email taken', 'A member of this tenant has this address already.'),
  'api-key-not-found': kind(404, 'No such key', 'GET /v1/api-keys lists the keys.'),
  'role-not-grantable': kind(403, 'Role not grantable', 'A key gives no more than the key that makes it may.'),

  'job-not-found': kind(404, 'No such job', 'GET /v1/jobs lists the jobs.'),
  'job-already-ended': kind(409, 'Job has ended', 'Submit it again if it is still wanted.'),
  'no-account': kind(409, 'No account', 'Jobs are paid from an account: use a key of a tenant that has one.'),

  'connector-unreachable': kind(503, 'Cluster out of reach', 'Try again after the seconds in Retry-After.'),
  'connector-rejected': kind(410, 'Not there any more', 'The cluster keeps no log of this segment.'),

  'offer-not-found': kind(404, 'No such offer', 'GET /v1/offers lists the offers of your centers.'),
  'offer-in-use': kind(409, 'Offer in use', 'Wait until nothing is reserved or running in its windows.'),
  'not-your-center': kind(403, 'Not your center', "Use a key of the center's operator."),

  'account-not-found': kind(404, 'No such account', 'GET /v1/accounts lists the accounts.'),
  'account-exists': kind(409, 'Account exists', 'A tenant has one account in each currency.'),
  'currency-mismatch': kind(422, 'Other currency', "Use the account's currency."),
  'invalid-amount': kind(422, 'Invalid amount', 'Send a positive amount with at most 2 decimals.'),
  'price-not-found': kind(500, 'No price in force', 'This is a fault of the broker: report it with the request id.'),
  'hold-not-found': kind(500, 'No such hold', 'This is a fault of the broker: report it with the request id.'),
};

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
