import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiHarness } from './testing/api-harness.js';

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly Json[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Json }[];
  readonly requestBody?: Json;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

let api: ApiHarness;
let document: Document;

beforeAll(async () => {
  api = await ApiHarness.start();
  document = (await api.get('/openapi.json', null)).body;
});
afterAll(() => api.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 and has every route, and no other', () => {
    expect(document.openapi).toBe('3.1.0');
    const routes = api.routes().map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(
      operations()
        .map((each) => each.name)
        .toSorted(),
    ).toEqual(routes.toSorted());
  });

  it('has an answer, problems and words for each route, and says which need a key', () => {
    for (const { name, operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      expect(operation.summary, name).not.toBe('');
      const good = operation.responses['200'] ?? operation.responses['201'];
      expect(good?.content['application/json']?.schema, name).toBeTypeOf('object');
      const isPublic = name === 'GET /problems/{code}';
      expect(operation.security, name).toEqual(isPublic ? undefined : [{ key: [] }]);
      expect(statuses, name).toEqual(expect.arrayContaining(isPublic ? ['404'] : ['401', '403', '422']));
    }
    expect(new Set(operations().map(({ operation }) => operation.operationId)).size).toBe(operations().length);
  });

  it('declares the parameters of each path, and a body where there is one', () => {
    for (const { name, path, operation } of operations()) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect(
        inPath.map((parameter) => parameter.name),
        name,
      ).toEqual(named);
      for (const parameter of operation.parameters ?? []) expect(parameter.schema, name).toHaveProperty('type');
      if (/^(POST|PUT|PATCH) /.test(name)) expect(operation.requestBody, name).toBeDefined();
    }
  });

  it('offers an Idempotency-Key wherever something is created, and demands it where money moves', () => {
    for (const { name, operation } of operations()) {
      const header = (operation.parameters ?? []).find((parameter) => parameter.name === 'Idempotency-Key');
      expect(header !== undefined, name).toBe('201' in operation.responses);
      if (header) expect(header, name).toMatchObject({ in: 'header', required: name.endsWith('/top-ups') });
    }
  });

  it('leaves no reference open', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) {
      const [, name = ''] = /^#\/components\/schemas\/(.+)$/.exec(reference ?? '') ?? [];
      expect(Object.keys(document.components.schemas), reference).toContain(name);
    }
  });

  it('keeps what is sent apart from what is answered', () => {
    const { SubmitJob, Job } = document.components.schemas;
    expect(SubmitJob?.['required']).toEqual(['name', 'project', 'run', 'resources', 'workload']);
    expect(Job?.['required']).toEqual(expect.arrayContaining(['id', 'state', 'cost', 'progress']));
  });
});

describe('/docs', () => {
  it('is read without a network: everything on the page comes from this server', async () => {
    const page = await api.get('/docs', null);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links).toHaveLength(4);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      const asset = await api.get(link, null);
      expect(asset.status, link).toBe(200);
      expect(asset.text.length, link).toBeGreaterThan(50);
    }
    expect((await api.get('/docs/start.js', null)).text).toContain("'/openapi.json'");
  });
});
