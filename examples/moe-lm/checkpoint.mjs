import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const HEADER = 'checkpoint.json';
const COMPLETE = 'COMPLETE';
const FORMAT = 1;

/**
 * Writes a checkpoint to `<folder>/new`: one binary file for each array (in this machine's byte order), then the header
 * with their SHA-256, then, when all of it is on disk, the empty file COMPLETE. A kill at any point leaves no COMPLETE.
 * `afterFile(name)` is called after each file.
 * @param {{ header: object, arrays: Record<string, ArrayBufferView> }} state
 */
export function writeCheckpoint(folder, state, afterFile = () => {}) {
  const target = clearTarget(folder);
  const files = {};
  for (const [name, array] of Object.entries(state.arrays)) {
    const bytes = bytesOf(array);
    writeDurably(join(target, `${name}.bin`), bytes);
    files[`${name}.bin`] = { bytes: bytes.length, sha256: sha256(bytes) };
    afterFile(`${name}.bin`);
  }
  writeDurably(
    join(target, HEADER),
    Buffer.from(JSON.stringify({ format: FORMAT, ...state.header, files }, null, 2) + '\n'),
  );
  syncFolder(target);
  afterFile(HEADER);
  writeDurably(join(target, COMPLETE), Buffer.alloc(0));
  syncFolder(target);
}

/** Waits until the last checkpoint was collected from `<folder>/new`, at most `secondsMax`; nobody may be collecting. */
export async function waitUntilCollected(folder, secondsMax) {
  for (let waited = 0; waited < secondsMax * 1000 && existsSync(join(folder, 'new', COMPLETE)); waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Reads the header of a checkpoint and fills `arrays` in place. Throws where a file is missing, cut or altered.
 * @param {string} folder
 * @param {Record<string, ArrayBufferView>} arrays
 * @returns {object} the header that was written with them
 */
export function readCheckpoint(folder, arrays) {
  const { format, files, ...header } = JSON.parse(readFileSync(join(folder, HEADER), 'utf8'));
  if (format !== FORMAT) throw new Error(`${folder}: checkpoint format ${format} is unknown`);
  const contents = Object.keys(arrays).map((name) => [name, readVerified(folder, `${name}.bin`, files, arrays[name])]);
  for (const [name, bytes] of contents) bytesOf(arrays[name]).set(bytes);
  return header;
}

function readVerified(folder, file, files, array) {
  const bytes = readFileSync(join(folder, file));
  if (bytes.length !== array.byteLength)
    throw new Error(`${folder}: ${file} has ${bytes.length} bytes, not ${array.byteLength}`);
  if (sha256(bytes) !== files[file]?.sha256) throw new Error(`${folder}: ${file} does not match its SHA-256`);
  return bytes;
}

/** An empty `new`. A complete one that nobody collected is first moved aside as a whole, so it never looks half complete. */
function clearTarget(folder) {
  const target = join(folder, 'new');
  const aside = join(folder, `replaced-${process.pid}`);
  if (existsSync(target)) {
    rmSync(aside, { recursive: true, force: true });
    renameSync(target, aside);
    rmSync(aside, { recursive: true, force: true });
  }
  mkdirSync(target, { recursive: true });
  return target;
}

function bytesOf(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function writeDurably(path, bytes) {
  const file = openSync(path, 'w');
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder) {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
