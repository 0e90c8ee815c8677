import { DomainError, InvalidInputError } from '#libs/kernel';

/**
 * What a use case does not find because a field of the body names it is a fault of that field (422), not of the path (404).
 * @param fields JSON pointer by error code
 */
export async function atField<T>(fields: Readonly<Record<string, string>>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, message } = error as DomainError<string>;
    const path = fields[code];
    throw path === undefined ? error : new InvalidInputError([{ path, message }]);
  }
}
