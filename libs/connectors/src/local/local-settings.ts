import { isAbsolute } from 'node:path';
import { z } from 'zod';

const seconds = (fallback: number) => z.number().min(0).max(86_400).default(fallback);

/** A cluster's `settings` where its connector is `local`. */
export const localSettingsSchema = z.strictObject({
  /** Nodes of this cluster: how many nodes' worth of attempts run at once. */
  slots: z.int().min(1).max(10_000),
  /** Where the clusters' folders are made; by default in the broker's data folder. */
  root: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  pollSeconds: seconds(1),
  graceSeconds: seconds(5),
  leadSeconds: seconds(20),
  startTimeoutSeconds: seconds(30),
  /** The log is kept in pieces of this size, ... */
  logPieceBytes: z
    .int()
    .min(1024)
    .max(1 << 30)
    .default(1 << 20),
  /** ... of which the newest this many are kept. */
  logPieces: z.int().min(2).max(10_000).default(64),
});

export type LocalSettings = z.infer<typeof localSettingsSchema>;
