/** Raised where the embedded database cannot be had; one sentence for the person at the shell. */
export class EmbeddedPostgresError extends Error {}

/** Raised where another broker has the data folder. */
export class FolderHeldError extends EmbeddedPostgresError {
  constructor(dataDir: string) {
    super(`another broker holds the folder ${dataDir}: stop it, or set YUSUAN_DATA_DIR to another folder`);
  }
}
