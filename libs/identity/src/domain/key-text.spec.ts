import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfKey, isKeyText, newKeyText, prefixOfKey } from './key-text.js';

const newKey = () => newKeyText((count) => randomBytes(count));

describe('a key', () => {
  it('is ys_, 32 letters and 6 that check them', () => {
    const key = newKey();
    expect(key).toMatch(/^ys_[0-9A-Za-z]{38}$/);
    expect(isKeyText(key)).toBe(true);
    expect(newKey()).not.toBe(key);
  });

  it('has a checksum that another program can compute: CRC-32 of the 32 letters in base 62', () => {
    const zeros = newKeyText((count) => new Uint8Array(count));
    expect(zeros).toBe(`ys_${'0'.repeat(32)}${base62(crc32ByDefinition('0'.repeat(32)))}`);
  });

  it('is known as wrong after any one letter was changed or two neighbours were swapped', () => {
    const key = newKey();
    for (let at = 0; at < key.length; at++) {
      const swapped = [...key];
      [swapped[at], swapped[at - 1]] = [key[at - 1] ?? '', key[at] ?? ''];
      for (const letter of ['A', 'z', '0', '_', ' ']) {
        const changed = key.slice(0, at) + letter + key.slice(at + 1);
        expect(isKeyText(changed), changed).toBe(changed === key);
      }
      if (at > 0) expect(isKeyText(swapped.join('')), swapped.join('')).toBe(swapped.join('') === key);
    }
  });

  it.each([
    '',
    'ys_',
    `${'a'.repeat(41)}`,
    `ys_${'0'.repeat(38)}`,
    `Bearer ${newKey()}`,
    `${newKey()}\n`,
    ` ${newKey()}`,
    `${newKey()}a`,
  ])('is not %j', (text) => expect(isKeyText(text)).toBe(false));

  it('is never something else', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => !isKeyText(text)));
  });

  it('draws every letter from equally many bytes, and throws away the bytes that would favour some', () => {
    const letterOf = (byte: number) => newKeyText((count) => new Uint8Array(count).fill(byte)).charAt(3);
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 248; byte++) counts.set(letterOf(byte), (counts.get(letterOf(byte)) ?? 0) + 1);
    expect(counts.size).toBe(62);
    expect(new Set(counts.values())).toEqual(new Set([4]));
    let calls = 0;
    const lateZeros = (count: number) => new Uint8Array(count).fill(calls++ < 8 ? 247 + calls : 0);
    expect(newKeyText(lateZeros).slice(3, 35)).toBe('0'.repeat(32));
  });

  it('is stored as SHA-256 and shown by its first 8 letters', () => {
    expect(hashOfKey('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(prefixOfKey('ys_abcdefgh')).toBe('ys_abcde');
  });
});

/** Bit by bit, as CRC-32 is defined. */
function crc32ByDefinition(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function base62(value: number): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let text = '';
  for (let rest = BigInt(value); text.length < 6; rest /= 62n) text = `${digits[Number(rest % 62n)]}${text}`;
  return text;
}
