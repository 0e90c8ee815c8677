import { randomUUID } from 'node:crypto';

/** The API as a user's script would call it: one key, JSON in and out, problems as errors. */
export class Api {
  /** @param {string} url @param {string} key */
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  /** @param {string} path */
  get(path) {
    return this.send('GET', path);
  }

  /** @param {string} path @param {unknown} body */
  post(path, body) {
    return this.send('POST', path, body, { 'idempotency-key': randomUUID() });
  }

  /** Changes one version of a thing: the one that was just read. @param {string} path @param {unknown} body */
  async patch(path, body) {
    const { etag } = await this.request('GET', path);
    return this.send('PATCH', path, body, etag ? { 'if-match': etag } : {});
  }

  /** All items of a list. @param {string} path */
  async list(path) {
    const items = [];
    for (let cursor = null; ;) {
      const page = await this.get(
        `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor ? `&cursor=${cursor}` : ''}`,
      );
      items.push(...page.items);
      cursor = page.nextCursor;
      if (!cursor) return items;
    }
  }

  async send(method, path, body, headers) {
    return (await this.request(method, path, body, headers)).json;
  }

  async request(method, path, body, headers = {}) {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = await response.json();
    if (!response.ok) {
      const faults = (json.errors ?? []).map((fault) => `${fault.path} ${fault.message}`).join('; ');
      throw new Error(`${method} ${path}: ${response.status} ${json.detail}${faults ? ` (${faults})` : ''}`);
    }
    return { json, etag: response.headers.get('etag') };
  }
}
