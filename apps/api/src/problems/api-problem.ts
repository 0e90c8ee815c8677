import { DomainError, type FieldFault } from '#libs/kernel';
import type { HttpProblemCode } from './problem-catalog.js';

/** What the API itself refuses, with a code of its own table. */
export class ApiProblem extends DomainError<HttpProblemCode> {
  constructor(
    code: HttpProblemCode,
    message: string,
    readonly options: {
      readonly faults?: readonly FieldFault[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(code, message);
  }
}

export function notFound(what = 'there is nothing at this path'): ApiProblem {
  return new ApiProblem('not-found', what);
}
