import type { Server } from 'node:http';

const LOOK_MS = 50;

/**
 * Closes a server whose `close` waits for its connections: those that a client keeps open after its last answer are
 * ended as they fall idle, so that only requests in hand are waited for.
 */
export async function closeServer(server: Server, close: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  try {
    await close();
  } finally {
    clearInterval(timer);
  }
}
