import { Injectable } from '@nestjs/common';
import { CatalogError, CatalogQueries, type Center } from '#libs/catalog';
import { operatesCenter } from '#libs/identity';
import type { Caller } from '../http/api-call.js';

/** Centers are no secret, so one that the caller does not operate is forbidden, not hidden. */
@Injectable()
export class OperatedCenters {
  constructor(private readonly catalog: CatalogQueries) {}

  /** @throws CatalogError `center-not-found`, `center-not-yours` */
  async find({ context, principal }: Caller, code: string): Promise<Center> {
    const center = await this.catalog.findCenter(context, code);
    if (!center) throw new CatalogError('center-not-found', `there is no center '${code}'`);
    if (!operatesCenter(principal, center.id))
      throw new CatalogError('center-not-yours', `this key does not operate the center '${code}'`);
    return center;
  }
}
