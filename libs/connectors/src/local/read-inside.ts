import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * Opens a file of a folder in which the job writes; null where there is no such regular file. The broker may be root, and
 * a job may put a link where its log should be: so what counts is where the opened file really is.
 */
async function openInside(folder: string, path: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
  const really = await readlink(`/proc/self/fd/${handle.fd}`);
  if ((await handle.stat()).isFile() && really.startsWith(`${folder}/`)) return handle;
  await handle.close();
  return null;
}

/** Up to `length` bytes from `offset` of a file that really lies in `folder` (absolute, without links). */
export async function readInside(
  folder: string,
  path: string,
  range: { readonly offset: number; readonly length: number },
): Promise<Buffer | null> {
  const handle = await openInside(folder, path);
  if (!handle) return null;
  try {
    const buffer = Buffer.alloc(range.length);
    let filled = 0;
    while (filled < range.length) {
      const { bytesRead } = await handle.read(buffer, filled, range.length - filled, range.offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

export async function sizeInside(folder: string, path: string): Promise<number | null> {
  const handle = await openInside(folder, path);
  if (!handle) return null;
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** A small file as text. */
export async function readTextInside(folder: string, path: string, bytesMax = 1 << 16): Promise<string | null> {
  return (await readInside(folder, path, { offset: 0, length: bytesMax }))?.toString('utf8') ?? null;
}
