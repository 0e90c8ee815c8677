import { HttpException } from '@nestjs/common';
import type { Problem } from '#libs/contracts';
import { ConnectorRejectedError, ConnectorUnreachableError } from '#libs/connectors';
import { DomainError, type FieldFault, InvalidInputError } from '#libs/kernel';
import { isDatabaseAway } from '#libs/platform';
import { ApiProblem } from './api-problem.js';
import { isProblemCode, type ProblemCode, PROBLEMS } from './problem-catalog.js';

/** What is wrong, before it is written for one request. */
export interface Fault {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly faults: readonly FieldFault[] | null;
  readonly headers: Readonly<Record<string, string>>;
}

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-request',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  431: 'headers-too-large',
};
const RETRY = { 'retry-after': '2' };

/** What a caller may hear of an error. Whatever no table names is an internal error and says nothing of itself. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ApiProblem) {
    const { faults = null, headers = {} } = error.options;
    return { code: error.code, detail: error.message, faults, headers };
  }
  if (error instanceof InvalidInputError) return invalidInput(error.faults);
  // What a connector says of itself is for the log: it may name machines and folders.
  if (error instanceof ConnectorUnreachableError) return plain('connector-unreachable', RETRY);
  if (error instanceof ConnectorRejectedError) return plain('connector-rejected');
  const code = error instanceof DomainError ? codeOf(error as DomainError<string>) : null;
  if (code !== null && error instanceof DomainError) return { code, detail: error.message, faults: null, headers: {} };
  if (error instanceof HttpException && BY_STATUS[error.getStatus()]) return frameworkFault(error);
  if (isDatabaseAway(error)) return plain('unavailable', RETRY);
  return plain('internal-error');
}

function invalidInput(faults: readonly FieldFault[]): Fault {
  return { code: 'invalid-input', detail: detailOf(faults), faults, headers: {} };
}

/** @param instance path of the request, without its query: that may hold what nobody should keep */
export function problemOf(fault: Fault, request: { readonly instance: string; readonly requestId: string }): Problem {
  const { status, title } = PROBLEMS[fault.code];
  return {
    type: `/problems/${fault.code}`,
    title,
    status,
    detail: fault.detail,
    instance: request.instance,
    code: fault.code,
    requestId: request.requestId,
    ...(fault.faults ? { errors: [...fault.faults] } : {}),
  };
}

/** Null where the code is in no table, or says that the broker itself is at fault. */
function codeOf(error: DomainError): ProblemCode | null {
  return isProblemCode(error.code) && PROBLEMS[error.code].status < 500 ? error.code : null;
}

function frameworkFault(error: HttpException): Fault {
  const code = BY_STATUS[error.getStatus()] ?? 'malformed-request';
  return plain(code);
}

function plain(code: ProblemCode, headers: Readonly<Record<string, string>> = {}): Fault {
  return { code, detail: PROBLEMS[code].help, faults: null, headers };
}

function detailOf(faults: readonly FieldFault[]): string {
  return faults.length === 1 ? '1 field is not valid.' : `${faults.length} fields are not valid.`;
}
