import { createServer, type Server } from 'node:http';
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
    const { registry } = Metrics.ofProcess;
    const server = createServer((request, response) => {
      const answer = (status: number, type: string, body: string) =>
        response.writeHead(status, { 'content-type': type }).end(body);
      const path = request.url?.split('?')[0];
      if (request.method !== 'GET') return answer(405, 'text/plain', 'only GET\n');
      if (path === '/healthz') return answer(200, 'application/json', '{"status":"ok"}');
      if (path === '/readyz')
        return options.isReady().then(
          () => answer(200, 'application/json', '{"status":"ready"}'),
          (error: Error) =>
            answer(503, 'application/json', JSON.stringify({ status: 'not ready', reason: error.message })),
        );
      if (path === '/metrics') return registry.metrics().then((text) => answer(200, registry.contentType, text));
      return answer(404, 'text/plain', 'this port serves /healthz, /readyz and /metrics\n');
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
