import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Metrics } from './metrics.js';

export interface OpsServerOptions {
  readonly host: string;
  readonly port: number;
  /** Throws or rejects with the reason while the process cannot serve. */
  readonly isReady: () => Promise<void>;
}

/** Health and metrics on a port of their own: `/healthz` (alive), `/readyz` (may be sent work), `/metrics` (Prometheus). */
export class OpsServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async listen(options: OpsServerOptions): Promise<OpsServer> {
    const server = createServer((request, response) => {
      answer(options, request).then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        (error: Error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error.message}\n`),
      );
    });
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(options.port, options.host, resolve),
    );
    const address = server.address();
    return new OpsServer(server, typeof address === 'object' && address ? address.port : options.port);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(options: OpsServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET') return { status: 405, type: 'text/plain', body: 'only GET\n' };
  const [path = '/'] = (request.url ?? '/').split('?');
  switch (path) {
    case '/healthz':
      return { status: 200, type: 'application/json', body: '{"status":"ok"}' };
    case '/readyz':
      return readiness(options);
    case '/metrics': {
      const { registry } = Metrics.ofProcess;
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }
    default:
      return { status: 404, type: 'text/plain', body: 'this port serves /healthz, /readyz and /metrics\n' };
  }
}

async function readiness(options: OpsServerOptions): Promise<Answer> {
  try {
    await options.isReady();
    return { status: 200, type: 'application/json', body: '{"status":"ready"}' };
  } catch (error) {
    const reason = (error as Error).message;
    return { status: 503, type: 'application/json', body: JSON.stringify({ status: 'not ready', reason }) };
  }
}
