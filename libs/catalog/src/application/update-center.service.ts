import { Injectable } from '@nestjs/common';
import { type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Center } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { type CenterFields, centerFaults, pueSourceOf } from './center-input.js';
import { assertKeepsPlatform } from './center-reach.js';

export interface UpdateCenterInput {
  readonly code: string;
  /** The version that the caller saw; null: whatever stands there. */
  readonly version: number | null;
  /** Absent: as it is. Null: unknown. */
  readonly changes: Partial<CenterFields>;
}

@Injectable()
export class UpdateCenterService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly reference: ReferenceStore,
  ) {}

  /** @throws CatalogError `center-not-found`, `center-not-yours`, `version-conflict`; InvalidInputError */
  async execute(context: OperationContext, input: UpdateCenterInput): Promise<Center> {
    assertKeepsPlatform(context);
    const { code, version, changes } = input;
    return this.transactions.run(context, async (ctx) => {
      const center = await this.find(ctx, code);
      const faults = centerFaults(changes);
      const region = changes.gridRegion ?? null;
      if (region !== null && !(await this.reference.hasGridRegion(ctx, region)))
        faults.add('/gridRegion', 'name a region of /v1/grid-factors, or null where it is unknown');
      faults.raise();
      if (!(await this.centers.update(ctx, { id: center.id, version }, withPueSource(center, changes))))
        throw new CatalogError('version-conflict', `center '${code}' has changed since version ${version}`, { code });
      return this.find(ctx, code);
    });
  }

  private async find(ctx: TxContext, code: string): Promise<Center> {
    const center = await this.centers.findByCode(ctx, code);
    if (center) return center;
    throw new CatalogError('center-not-found', `there is no center '${code}'`, { code });
  }
}

/** A PUE that changes loses the source of the old one: it is what the change says, or the operator's word. */
function withPueSource(center: Center, changes: Partial<CenterFields>): Partial<Center> {
  if (changes.pue === undefined && changes.marginalPue === undefined && changes.pueSource === undefined) return changes;
  const isSameFigure = changes.pue === undefined && changes.marginalPue === undefined;
  const pueSource = changes.pueSource ?? (isSameFigure ? null : undefined);
  return { ...changes, pueSource: pueSourceOf({ ...center, ...changes, pueSource }) };
}
