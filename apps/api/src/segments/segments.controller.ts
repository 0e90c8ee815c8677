import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  type CenterSegment as ApiCenterSegment,
  centerSegment,
  centerSegmentQuery,
  type Page,
  pageOf,
} from '#libs/contracts';
import { type CenterSegment, JobQueries } from '#libs/jobs';
import { OperatedCenters } from '../centers/operated-centers.service.js';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { toApiInstant, toApiInstantOrNull } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

@Controller('v1/segments')
export class SegmentsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly centers: OperatedCenters,
  ) {}

  @Get()
  @Action('segment.readCenter')
  @Answers(pageOf(centerSegment), {
    summary: "The segments at the caller's center, without script, environment and logs",
    problems: ['center-not-found', 'center-not-yours'],
  })
  async listCenterSegments(
    @Call() call: ApiCall,
    @Query({ schema: centerSegmentQuery }) query: z.infer<typeof centerSegmentQuery>,
  ): Promise<Page<ApiCenterSegment>> {
    const { id: centerId, code } = await this.centers.find(call, query.center);
    const page = await this.jobs.segmentsOfCenter(call.context, { ...fromApiPage(query), centerId });
    return toApiPage(page, (segment) => toApiCenterSegment(segment, code));
  }
}

function toApiCenterSegment(segment: CenterSegment, center: string): ApiCenterSegment {
  return {
    id: segment.id,
    jobId: segment.jobId,
    tenant: segment.tenantCode,
    center,
    poolId: segment.poolId,
    windowId: segment.windowId,
    nodes: segment.nodes,
    state: segment.state,
    outcome: segment.outcome,
    plannedStart: toApiInstant(segment.startsAt),
    plannedEnd: toApiInstant(segment.endsAt),
    startedAt: toApiInstantOrNull(segment.runStartedAt),
    endedAt: toApiInstantOrNull(segment.runEndedAt),
  };
}
