import type { FastifyInstance, RouteOptions } from 'fastify';

/** Which methods a path has: what tells 405 from 404. */
export class KnownPaths {
  private readonly patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** Before the routes are registered. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => this.add(route));
  }

  methodsOf(path: string): readonly string[] {
    const found = [...this.patterns.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  }

  private add({ url, method }: RouteOptions): void {
    // The not-found handler and static files are no paths of the API.
    if (url.includes('*')) return;
    const known = this.patterns.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) known.methods.add(name);
    this.patterns.set(url, known);
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escape(part)));
  return new RegExp(`^${parts.join('/')}$`);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
