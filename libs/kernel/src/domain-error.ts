/**
 * An expected failure with a code from one library's closed set. `apps/api` maps each code to an HTTP
 * status in one place; `details` holds figures for the reader and is sent along, so never a secret.
 */
export class DomainError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** A fault in one field of an input: `path` is a JSON pointer such as `/workload/walltimeMinutes`. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** Raised where an input breaks rules that its schema cannot see (it needs the catalog, the clock ...). All faults at once. */
export class InvalidInputError extends DomainError<'invalid-input'> {
  constructor(readonly faults: readonly FieldFault[]) {
    super('invalid-input', faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '));
  }
}
