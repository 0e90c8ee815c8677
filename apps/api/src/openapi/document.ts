import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { problem } from '#libs/contracts';

type JsonSchema = Record<string, unknown>;

/** The document of every route, from the same schemas that validate. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Yusuan')
    .setDescription('A broker for the idle hours of supercomputers.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addSecurity('key', { type: 'http', scheme: 'bearer', description: 'An API key: ys_...' })
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (_controller, method) => method,
    standardSchemaConverter: (schema, { schemaType }) => convert(schema as z.ZodType, schemaType),
  });
  const { schema, components } = convert(problem, 'output');
  document.components = {
    ...document.components,
    schemas: {
      ...document.components?.schemas,
      ...components,
      ...(schema['$ref'] ? {} : { Problem: schema }),
    },
  };
  return document;
}

/** Schemas with an id become components; a schema that something else says (a transform, never) is `any`. */
function convert(schema: z.ZodType, io: 'input' | 'output') {
  const {
    $defs,
    $schema: _,
    ...converted
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
  }) as JsonSchema & { $defs?: JsonSchema };
  return { schema: converted, components: ($defs ?? {}) as Record<string, never> };
}
