import { Controller, Get, Query } from '@nestjs/common';
import { CatalogQueries, type DeviceKind } from '#libs/catalog';
import {
  type DeviceKind as ApiDeviceKind,
  deviceKind,
  type Page,
  pageOf,
  pageQuery,
  type PageQuery,
} from '#libs/contracts';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

@Controller('v1/device-kinds')
export class DeviceKindsController {
  constructor(private readonly catalog: CatalogQueries) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(deviceKind), { summary: 'Accelerators and CPUs, with the source of each figure' })
  async listDeviceKinds(
    @Context() context: OperationContext,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<Page<ApiDeviceKind>> {
    return toApiPage(await this.catalog.listDeviceKinds(context, fromApiPage(query)), toApiDeviceKind);
  }
}

function toApiDeviceKind(kind: DeviceKind): ApiDeviceKind {
  return {
    code: kind.code,
    name: kind.name,
    vendor: kind.vendor,
    kind: kind.kind,
    unit: kind.unit,
    memoryGib: kind.memoryGib,
    memoryBandwidthGbs: kind.memoryBandwidthGbs,
    tdpWatts: kind.tdpWatts,
    peakDenseTflops: { ...kind.peakDenseTflops },
    source: kind.source,
    confidence: kind.confidence,
  };
}
