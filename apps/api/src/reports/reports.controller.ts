import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { ReportQueries, type UsageDimension, type UsageReportRow } from '#libs/accounting';
import { CapacityQueries } from '#libs/capacity';
import { CatalogQueries } from '#libs/catalog';
import {
  type CenterReport,
  centerReport,
  centerReportQuery,
  type UsageReport,
  usageReport,
  usageQuery,
} from '#libs/contracts';
import { IdentityQueries } from '#libs/identity';
import { intersect, type Interval, durationSeconds } from '#libs/kernel';
import { type OperationContext, PlatformConfig } from '#libs/platform';
import { OperatedCenters } from '../centers/operated-centers.service.js';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { CODE } from '../wire/params.js';
import { toApiCenterFigures, toApiUsageRow } from './convert.js';
import { reportSpan } from './report-span.js';

const WINDOWS_PAGE = 200;

@Controller('v1/reports')
export class ReportsController {
  constructor(
    private readonly reports: ReportQueries,
    private readonly identity: IdentityQueries,
    private readonly catalog: CatalogQueries,
    private readonly capacity: CapacityQueries,
    private readonly centers: OperatedCenters,
    private readonly config: PlatformConfig,
  ) {}

  @Get('usage')
  @Action('report.usage')
  @Answers(usageReport, { summary: 'What the tenant used: device-hours, money, energy, carbon' })
  async readUsageReport(
    @Context() context: OperationContext,
    @Query({ schema: usageQuery }) query: z.infer<typeof usageQuery>,
  ): Promise<UsageReport> {
    const zone = this.config.billingZone;
    const { fromDay, toDay } = reportSpan(query, zone);
    const groupBy = query.groupBy.split(',') as UsageDimension[];
    const rows = await this.reports.usageReport(context, { fromDay, toDay, groupBy });
    const names = await this.namesOf(context, rows);
    return { from: fromDay, to: toDay, zone, rows: rows.map((row) => toApiUsageRow(row, groupBy, names)) };
  }

  @Get('centers/:code')
  @Action('report.center')
  @Answers(centerReport, {
    summary: 'What a center offered, what of it was used, and what that earned',
    problems: ['center-not-found', 'center-not-yours'],
  })
  async readCenterReport(
    @Call() call: ApiCall,
    @Param('code', CODE) code: string,
    @Query({ schema: centerReportQuery }) query: z.infer<typeof centerReportQuery>,
  ): Promise<CenterReport> {
    const zone = this.config.billingZone;
    const { id: centerId } = await this.centers.find(call, code);
    const { fromDay, toDay, interval } = reportSpan(query, zone);
    const rows = await this.reports.centerReport(call.context, { fromDay, toDay, centerId });
    const offered = await this.offeredDeviceSeconds(call.context, code, interval);
    return { center: code, from: fromDay, to: toDay, zone, ...toApiCenterFigures(rows, offered) };
  }

  private async namesOf(context: OperationContext, rows: readonly UsageReportRow[]) {
    const known = <T>(ids: readonly (T | null)[]) => [...new Set(ids.filter((id) => id !== null))];
    return {
      projects: await this.identity.projectsByIds(context, known(rows.map((row) => row.projectId))),
      centers: await this.catalog.centersByIds(context, known(rows.map((row) => row.centerId))),
    };
  }

  private async offeredDeviceSeconds(context: OperationContext, centerCode: string, interval: Interval) {
    let total = 0;
    let cursor: string | null = null;
    do {
      const page = await this.capacity.listWindows(context, { interval, centerCode, limit: WINDOWS_PAGE, cursor });
      for (const window of page.items) {
        const inside = intersect(window, interval);
        if (inside) total += durationSeconds(inside) * window.nodes * (window.devicesPerNode ?? 0);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    return total;
  }
}
