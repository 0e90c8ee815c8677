import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { FieldFault } from '#libs/kernel';
import { InvalidInputError } from '#libs/kernel';
import { notFound } from '../problems/api-problem.js';
import { faultsOf, textFaults } from './faults.js';

/**
 * Holds body, query and path to the Standard Schema of their parameter, and hands on what the schema made of them. All
 * faults at once. A path that no id or code could have is one where nothing is: 404.
 */
@Injectable()
export class ValidationPipe implements PipeTransform<unknown, Promise<unknown>> {
  async transform(value: unknown, { type, schema }: ArgumentMetadata): Promise<unknown> {
    if (type === 'custom') return value;
    if (!schema) throw new Error(`a ${type} parameter has no schema`);
    const unclean = textFaults(value);
    const result = await schema['~standard'].validate(value);
    const faults = [...unclean, ...faultsOf(result.issues ?? [])];
    if (faults.length === 0 && !result.issues) return result.value;
    if (type === 'param') throw notFound();
    throw new InvalidInputError(onePerPath(faults));
  }
}

/** The first word on a field is enough. */
function onePerPath(faults: readonly FieldFault[]): FieldFault[] {
  return [...new Map(faults.toReversed().map((fault) => [fault.path, fault])).values()].reverse();
}
