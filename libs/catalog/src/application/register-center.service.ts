import { Injectable } from '@nestjs/common';
import { Clock, IdSource, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import type { Center } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { type CenterFields, centerColumns, centerFaults } from './center-input.js';
import { assertKeepsPlatform } from './center-reach.js';

export interface RegisterCenterInput extends CenterFields {
  readonly code: string;
}

/** Adds a center; what is stated of it has the provenance `operator`. */
@Injectable()
export class RegisterCenterService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly reference: ReferenceStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws CatalogError `center-code-taken`, `center-not-yours`; InvalidInputError */
  async execute(context: OperationContext, input: RegisterCenterInput): Promise<Center> {
    assertKeepsPlatform(context);
    const faults = centerFaults(input);
    faults.code('/code', input.code);
    return this.transactions.run(context, async (ctx) => {
      const region = input.gridRegion ?? null;
      if (region !== null && !(await this.reference.hasGridRegion(ctx, region)))
        faults.add('/gridRegion', 'name a region of /v1/grid-factors, or null where it is unknown');
      faults.raise();
      const center: Center = {
        id: this.ids.next(),
        code: input.code,
        ...centerColumns(input),
        provenance: 'operator',
        version: 1,
        createdAt: nowSeconds(this.clock),
      };
      await this.centers.insert(ctx, center);
      return center;
    });
  }
}
