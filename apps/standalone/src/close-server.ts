import type { Server } from 'node:http';

const LOOK_MS = 50;
/** Long enough for the next request of a busy client, which is then told to take another connection. */
const FAREWELL_MS = 250;

/**
 * Closes a server whose `close` waits for its connections. For a moment each answer also ends its connection, so that
 * few clients write into one that is just being closed; then those that a client keeps open after its last answer are
 * ended as they fall idle, so that only requests in hand are waited for.
 */
export async function closeServer(server: Server, close: () => Promise<void>): Promise<void> {
  server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false));
  await new Promise((done) => setTimeout(done, FAREWELL_MS));
  const timer = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  try {
    await close();
  } finally {
    clearInterval(timer);
  }
}
