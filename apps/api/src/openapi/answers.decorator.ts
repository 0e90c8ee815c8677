import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { z } from 'zod';
import { type ProblemCode, PROBLEMS } from '../problems/problem-catalog.js';

export interface RouteWords {
  readonly summary: string;
  readonly description?: string;
  /** Those of the route's own; what every route may answer is added. */
  readonly problems?: readonly ProblemCode[];
}

const ALWAYS: readonly ProblemCode[] = [
  'unauthenticated',
  'forbidden',
  'invalid-input',
  'internal-error',
  'unavailable',
];
const WITH_BODY: readonly ProblemCode[] = ['malformed-json', 'payload-too-large', 'unsupported-media-type'];
const CREATING: readonly ProblemCode[] = [...WITH_BODY, 'idempotency-key-invalid', 'idempotency-key-reused'];

/** A route that answers 200 with a body of this schema. */
export function Answers(schema: z.ZodType, words: RouteWords & { readonly takesBody?: boolean }): MethodDecorator {
  const problems = words.takesBody ? [...ALWAYS, ...WITH_BODY] : ALWAYS;
  return applyDecorators(HttpCode(200), ...described(200, schema, words, problems), ApiSecurity('key'));
}

/** A POST that creates: 201 with `Location`, repeatable by `Idempotency-Key`. */
export function Creates(
  schema: z.ZodType,
  words: RouteWords & { readonly idempotency?: 'optional' | 'required' },
): MethodDecorator {
  const isRequired = words.idempotency === 'required';
  const own: readonly ProblemCode[] = isRequired ? ['idempotency-key-required'] : [];
  const description = 'The same key and body within 24 hours get the same answer; nothing is made twice.';
  return applyDecorators(
    HttpCode(201),
    ...described(201, schema, words, [...ALWAYS, ...CREATING, ...own]),
    ApiHeader({
      name: 'Idempotency-Key',
      required: isRequired,
      description,
      schema: { type: 'string', maxLength: 255 },
    }),
    ApiSecurity('key'),
  );
}

/** A route that needs no key. */
export function AnswersAnyone(schema: z.ZodType, words: RouteWords): MethodDecorator {
  return applyDecorators(HttpCode(200), ...described(200, schema, words, ['internal-error']));
}

function described(status: 200 | 201, schema: z.ZodType, words: RouteWords, always: readonly ProblemCode[]) {
  const { summary, description } = words;
  const headers = status === 201 ? { headers: CREATED_HEADERS } : {};
  return [
    ApiOperation({ summary, ...(description ? { description } : {}) }),
    ApiResponse({ status, description: summary, standardSchema: schema, ...headers }),
    ...problemResponses([...always, ...(words.problems ?? [])]),
  ];
}

const CREATED_HEADERS = {
  Location: { description: 'Where it can be read', schema: { type: 'string' } },
  'Idempotency-Replayed': { description: 'true where this repeats an earlier answer', schema: { type: 'string' } },
} as const;

/** One answer a status, which names its codes. */
function problemResponses(codes: readonly ProblemCode[]): MethodDecorator[] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].map(([status, named]) =>
    ApiResponse({
      status,
      description: named.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );
}
