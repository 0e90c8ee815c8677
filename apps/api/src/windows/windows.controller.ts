import { Controller, Get, Query } from '@nestjs/common';
import { CapacityQueries, type WindowFilter, type WindowView } from '#libs/capacity';
import { type Page, pageOf, type SupplyWindow, supplyWindow, windowQuery, type WindowQuery } from '#libs/contracts';
import { DAY_SECONDS, type EpochSeconds, InvalidInputError } from '#libs/kernel';
import { Clock, nowSeconds, type OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiInstant, toApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

const AHEAD_SECONDS = 30 * DAY_SECONDS;

@Controller('v1/windows')
export class WindowsController {
  constructor(
    private readonly capacity: CapacityQueries,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Action('window.read')
  @Answers(pageOf(supplyWindow), {
    summary: 'The supply: windows open to the caller, with their free nodes over time',
    description: 'From now, and 30 days from there, unless the query says otherwise.',
  })
  async listWindows(
    @Context() context: OperationContext,
    @Query({ schema: windowQuery }) query: WindowQuery,
  ): Promise<Page<SupplyWindow>> {
    const filter = fromApiWindowQuery(query, nowSeconds(this.clock));
    return toApiPage(await this.capacity.listWindows(context, filter), toApiWindow);
  }
}

function fromApiWindowQuery(query: WindowQuery, now: EpochSeconds): WindowFilter {
  const startsAt = query.from === undefined ? now : fromApiInstant(query.from);
  const endsAt = query.to === undefined ? startsAt + AHEAD_SECONDS : fromApiInstant(query.to);
  if (endsAt <= startsAt)
    throw new InvalidInputError([{ path: '/to', message: 'must be later than from, which is now' }]);
  return {
    ...fromApiPage(query),
    interval: { startsAt, endsAt },
    ...(query.deviceKind === undefined ? {} : { deviceKind: query.deviceKind }),
    ...(query.center === undefined ? {} : { centerCode: query.center }),
  };
}

function toApiWindow(window: WindowView): SupplyWindow {
  return {
    id: window.id,
    offerId: window.offerId,
    poolId: window.poolId,
    center: window.centerCode,
    deviceKind: window.deviceKind,
    devicesPerNode: window.devicesPerNode,
    start: toApiInstant(window.startsAt),
    end: toApiInstant(window.endsAt),
    nodes: window.nodes,
    price: { perDeviceHour: window.pricePerDeviceHour.toJson() },
    free: window.freeSteps.map(({ startsAt, endsAt, nodes }) => ({
      start: toApiInstant(startsAt),
      end: toApiInstant(endsAt),
      nodes,
    })),
  };
}
