import { randomBytes } from 'node:crypto';

/** Where keys get their randomness: nobody can foretell it, except a test. */
export abstract class SecretBytes {
  abstract take(count: number): Uint8Array;
}

export class SystemSecretBytes extends SecretBytes {
  take(count: number): Uint8Array {
    return randomBytes(count);
  }
}
