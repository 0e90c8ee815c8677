import type { FieldFault } from '#libs/kernel';

/** As Zod makes them; Standard Schema promises only `message` and `path`. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly issues?: readonly Issue[];
}

/** A JSON pointer (RFC 6901). */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Every fault at the path of the field it is in, nested ones of unions and records too; one fault an unknown field. */
export function faultsOf(issues: readonly Issue[], above: readonly PropertyKey[] = []): FieldFault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, [...above, ...(issue.path ?? []).map(keyOf)]));
}

function faultsOfIssue(issue: Issue, path: readonly PropertyKey[]): FieldFault[] {
  if (issue.code === 'unrecognized_keys')
    return (issue.keys ?? []).map((key) => ({
      path: pointer([...path, key]),
      message: 'is not a field here: leave it out',
    }));
  if (issue.code === 'invalid_key')
    return (issue.issues ?? []).map(({ message }) => ({ path: pointer(path), message: `its name ${message}` }));
  const branches = issue.errors ?? [];
  if (issue.code === 'invalid_union' && branches.length > 0) return faultsOf(nearest(branches), path);
  return [{ path: pointer(path), message: issue.message }];
}

/** The branch of a union that the value is nearest to: the one with the fewest faults. */
function nearest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  return branches.reduce((best, branch) => (branch.length < best.length ? branch : best));
}

function keyOf(part: PropertyKey | { readonly key: PropertyKey }): PropertyKey {
  return typeof part === 'object' ? part.key : part;
}

const TEXT_FAULT = 'must be well-formed Unicode without U+0000';

/** Texts, names included, that no part of the broker could store. `prefix` is where `value` stands. */
export function textFaults(value: unknown, path: readonly PropertyKey[] = []): FieldFault[] {
  if (typeof value === 'string') return isCleanText(value) ? [] : [{ path: pointer(path), message: TEXT_FAULT }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [
    ...(isCleanText(name) ? [] : [{ path: pointer(path), message: `a name in it ${TEXT_FAULT}` }]),
    ...(name === '__proto__' ? [{ path: pointer([...path, name]), message: 'is not a field here: leave it out' }] : []),
    ...textFaults(field, [...path, name]),
  ]);
}

function isCleanText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
