const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
/** Connection exceptions, shutting down, starting up, no connection left. */
const SQLSTATE = /^(08...|57P0[1-3]|53300)$/;
const WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** True where the database could not be reached or went away, so that the same request may succeed a little later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driver = (error as { driverError?: unknown }).driverError ?? error;
  const { code, message } = driver as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return NETWORK.has(code) || SQLSTATE.test(code);
  return typeof message === 'string' && WORDS.test(message);
}
