import { Injectable } from '@nestjs/common';
import type { EpochSeconds } from '#libs/kernel';
import { Clock, IdSource, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import { FieldFaults } from '../domain/field-faults.js';
import type { Tariff, TariffBand } from '../domain/read-types.js';
import { bandFaults } from '../domain/tariff-bands.js';
import { CenterStore } from '../persistence/center.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { assertKeepsCenter } from './center-reach.js';

export interface SetTariffInput {
  /** The center's code. */
  readonly center: string;
  readonly validFrom: EpochSeconds;
  readonly currency: string;
  readonly bands: readonly TariffBand[];
  readonly representative: boolean;
  readonly source?: string | null;
}

/** Sets a center's electricity price from an instant on; from the same instant again, it replaces what was set. */
@Injectable()
export class SetTariffService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly reference: ReferenceStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws CatalogError `center-not-found`, `center-not-yours`; InvalidInputError where an instant has no price. */
  async execute(context: OperationContext, input: SetTariffInput): Promise<Tariff> {
    refuseFaults(input);
    return this.transactions.run(context, async (ctx) => {
      const center = await this.centers.findByCode(ctx, input.center);
      if (!center)
        throw new CatalogError('center-not-found', `there is no center '${input.center}'`, { code: input.center });
      assertKeepsCenter(context, center);
      return this.reference.putTariff(ctx, {
        id: this.ids.next(),
        centerId: center.id,
        centerCode: center.code,
        validFrom: input.validFrom,
        currency: input.currency,
        bands: input.bands,
        representative: input.representative,
        source: input.source ?? 'stated by the operator',
        createdAt: nowSeconds(this.clock),
      });
    });
  }
}

function refuseFaults(input: SetTariffInput): void {
  const faults = new FieldFaults();
  if (!/^[A-Z]{3}$/.test(input.currency)) faults.add('/currency', 'write an ISO 4217 code, such as CNY');
  if (!Number.isInteger(input.validFrom)) faults.add('/validFrom', 'is an instant in whole seconds');
  faults.text('/source', input.source);
  faults.addAll(bandFaults(input.bands));
  faults.raise();
}
