import { Injectable } from '@nestjs/common';
import type { CenterId, JobId, TenantId } from '#libs/kernel';
import { Clock } from './clock.js';
import type { TxContext } from './context.js';
import { query } from './transactions.js';
import { IdSource } from './ids.js';

export type EventSubject = 'job' | 'segment' | 'offer' | 'window' | 'apiKey' | 'tenant' | 'account';

/** A change of state as it happened. `seq` counts the subject's events from 1 without a gap. */
export interface NewEvent {
  readonly tenantId: TenantId | null;
  readonly centerId?: CenterId;
  readonly jobId?: JobId;
  readonly subjectType: EventSubject;
  readonly subjectId: string;
  readonly seq: number;
  /** Past tense, such as `job.submitted`. */
  readonly type: string;
  readonly fromState?: string | null;
  readonly toState?: string | null;
  readonly reason?: string | null;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Writes events in the transaction of the change they record; actor and request id come from the context. */
@Injectable()
export class EventStore {
  constructor(
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  async record(ctx: TxContext, event: NewEvent): Promise<void> {
    await query(
      ctx,
      `INSERT INTO event (id, tenant_id, center_id, job_id, subject_type, subject_id, seq, type, from_state, to_state, reason, data,
         actor_kind, actor_id, request_id, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        this.ids.next(),
        event.tenantId,
        event.centerId ?? null,
        event.jobId ?? null,
        event.subjectType,
        event.subjectId,
        event.seq,
        event.type,
        event.fromState ?? null,
        event.toState ?? null,
        event.reason ?? null,
        JSON.stringify(event.data ?? {}),
        ctx.actor.kind,
        ctx.actor.id,
        ctx.requestId,
        this.clock.now(),
      ],
    );
  }
}
