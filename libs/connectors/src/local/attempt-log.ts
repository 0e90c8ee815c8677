import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogChunk, ProgressLine } from '../connector.js';
import { readInside, sizeInside } from './read-inside.js';

const LOG_READ_BYTES_MAX = 1 << 20;

/** Pieces of one size, named by their number: byte n of the log is in piece n / size, whatever rotation took away. */
export interface LogPlace {
  readonly run: string;
  readonly pieceBytes: number;
}

export async function readLogRange(
  place: LogPlace,
  range: { readonly offset: number; readonly limit: number; readonly hasEnded: boolean },
): Promise<LogChunk> {
  const pieces = await listPieces(place.run);
  const offset = Math.max(range.offset, (pieces[0] ?? 0) * place.pieceBytes);
  const limit = Math.min(Math.max(range.limit, 4), LOG_READ_BYTES_MAX);
  const bytes = await readPieces(place, offset, limit);
  const end = await logEnd(place, pieces.at(-1));
  const isLast = range.hasEnded && offset + bytes.length >= end;
  const whole = isLast ? bytes : bytes.subarray(0, wholeCharacters(bytes));
  return { text: whole.toString('utf8'), offset, nextOffset: offset + whole.length, eof: isLast };
}

async function listPieces(run: string): Promise<number[]> {
  const names = await readdir(join(run, 'log')).catch(() => []);
  return names
    .filter((name) => /^\d{6}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readPieces({ run, pieceBytes }: LogPlace, offset: number, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let at = offset;
  while (at < offset + limit) {
    const piece = Math.floor(at / pieceBytes);
    const length = Math.min(offset + limit, (piece + 1) * pieceBytes) - at;
    const part = await readInside(run, pieceFile(run, piece), { offset: at % pieceBytes, length });
    if (part) parts.push(part);
    at += part?.length ?? 0;
    if ((part?.length ?? 0) < length) break;
  }
  return Buffer.concat(parts);
}

async function logEnd({ run, pieceBytes }: LogPlace, newest: number | undefined): Promise<number> {
  if (newest === undefined) return 0;
  return newest * pieceBytes + ((await sizeInside(run, pieceFile(run, newest))) ?? 0);
}

function pieceFile(run: string, piece: number): string {
  return join(run, 'log', String(piece).padStart(6, '0'));
}

/** How many bytes are whole UTF-8 characters: one that is still being written waits for its rest. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

const progressSchema = z.object({
  step: z.int().min(0),
  of: z.int().min(1).nullish(),
  loss: z.number().nullish(),
});

function parseProgressLine(line: string): ProgressLine[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = progressSchema.safeParse(value);
  if (!parsed.success) return [];
  return [{ step: parsed.data.step, of: parsed.data.of ?? null, loss: parsed.data.loss ?? null }];
}

export async function readProgressLines(
  run: string,
  offset: number,
): Promise<{ lines: ProgressLine[]; nextOffset: number }> {
  const file = join(run, 'progress.jsonl');
  const bytes = await readInside(run, file, { offset, length: LOG_READ_BYTES_MAX });
  if (!bytes || bytes.length === 0) return { lines: [], nextOffset: offset };
  const end = bytes.lastIndexOf('\n') + 1;
  // A line longer than the whole reading is none of ours: past it, or progress would stand still for ever.
  if (end === 0) return { lines: [], nextOffset: bytes.length < LOG_READ_BYTES_MAX ? offset : offset + bytes.length };
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').flatMap(parseProgressLine);
  return { lines, nextOffset: offset + end };
}
