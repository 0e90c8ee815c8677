import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const FORMAT = /^ys_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
/** `ys_` and 5 of the 32: of 190 random bits 160 stay unknown. */
const PREFIX_LENGTH = 8;
/** The largest multiple of 62 in a byte: bytes from there on would make some letters likelier. */
const UNBIASED_BELOW = 248;

/**
 * A new key: `ys_`, 32 random letters (190 bits), and 6 that check them.
 * @param randomBytes from a source that nobody can foretell
 */
export function newKeyText(randomBytes: (count: number) => Uint8Array): string {
  let secret = '';
  while (secret.length < SECRET_LENGTH)
    for (const byte of randomBytes(SECRET_LENGTH))
      if (byte < UNBIASED_BELOW && secret.length < SECRET_LENGTH) secret += ALPHABET[byte % ALPHABET.length];
  return `ys_${secret}${checksumOf(secret)}`;
}

/** Whether a text can be a key at all. A slip of the pen is told apart from a wrong key without asking the database. */
export function isKeyText(text: string): boolean {
  const [, secret, checksum] = FORMAT.exec(text) ?? [];
  return secret !== undefined && checksumOf(secret) === checksum;
}

/** What is stored: SHA-256. Slow hashes are for what people choose; 190 random bits need none. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function prefixOfKey(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}

/** CRC-32 in base 62, six digits. */
function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = `${ALPHABET[rest % ALPHABET.length]}${digits}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}
