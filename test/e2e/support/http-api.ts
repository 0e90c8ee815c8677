import { randomUUID } from 'node:crypto';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** One key's view of a broker over HTTP. What it answers is taken at its word: the tests' expectations judge it. */
export class HttpApi {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async get<T>(path: string): Promise<T> {
    return (await this.send<T>('GET', path)).body;
  }

  async post<T = { readonly id: string }>(path: string, body: unknown): Promise<T> {
    return (await this.create<T>(path, body, randomUUID())).body;
  }

  /** With the answer's status and headers. @throws TypeError where the broker dies before it has answered */
  create<T>(path: string, body: unknown, idempotencyKey: string): Promise<Answer<T>> {
    return this.send('POST', path, { body, headers: { 'idempotency-key': idempotencyKey } });
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    const etag = (await this.send('GET', path)).headers.get('etag');
    return (await this.send<T>('PATCH', path, { body, headers: etag === null ? {} : { 'if-match': etag } })).body;
  }

  /** The first page of a list: all of the little that there is here. */
  async list<T>(path: string): Promise<readonly T[]> {
    return (await this.get<{ readonly items: readonly T[] }>(path)).items;
  }

  private async send<T>(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const content: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...content, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as T };
  }
}
