import { type FieldFault, InvalidInputError } from '#libs/kernel';

const CODE = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/;

/** @throws InvalidInputError for a code or name (where given) that nobody could type or read. */
export function refuseFaultyNames(input: { readonly code?: string; readonly name: string }): void {
  const faults: FieldFault[] = [];
  if (input.code !== undefined && !CODE.test(input.code))
    faults.push({ path: '/code', message: 'use 1 to 64 lower-case letters, digits and inner dots and hyphens' });
  if (input.name.trim() === '') faults.push({ path: '/name', message: 'say something' });
  if (faults.length > 0) throw new InvalidInputError(faults);
}
