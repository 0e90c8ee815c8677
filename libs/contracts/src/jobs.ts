import { z } from 'zod';
import { code, instantIn, instantOut, minutes, moneyIn, moneyOut, pageQuery, text, uuid } from './primitives.js';

export const JOB_STATES = [
  'PENDING',
  'SCHEDULED',
  'CONFIGURING',
  'RUNNING',
  'LOST_CONTACT',
  'COMPLETING',
  'COMPLETED',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
  'PREEMPTED',
  'NODE_FAIL',
  'DEADLINE',
  'OUT_OF_BUDGET',
] as const;
export const jobState = z.enum(JOB_STATES);
export const SEGMENT_STATES = [
  'RESERVED',
  'SUBMITTING',
  'QUEUED',
  'RUNNING',
  'LOST_CONTACT',
  'CHECKPOINTING',
  'ENDED',
] as const;
export const SEGMENT_OUTCOMES = [
  'completed',
  'failed',
  'preempted',
  'window_end',
  'timeout',
  'cancelled',
  'node_fail',
  'lost',
  'duplicate',
] as const;
export const REASONS = [
  'Priority',
  'Resources',
  'WindowTooShort',
  'NoSuchDevice',
  'BeginTime',
  'Dependency',
  'DependencyNeverSatisfied',
  'ArrayTaskLimit',
  'BudgetLimit',
  'QuotaLimit',
  'MaxCost',
  'DeadlineImpossible',
  'CenterNotAllowed',
  'JobHeldUser',
  'JobHeldAdmin',
  'CenterDown',
  'Preempted',
  'WindowEnd',
  'ReclaimNotice',
  'WaitingCheckpoint',
  'BeyondHorizon',
] as const;

const SCRIPT_CHARACTERS_MAX = 1_048_576;
const ENV_VARIABLES_MAX = 256;
const LABELS_MAX = 64;

const env = z
  .record(
    z
      .string()
      .regex(
        /^(?!YUSUAN_|SLURM_)[A-Za-z_][A-Za-z0-9_]{0,127}$/,
        'must be a variable name that does not begin with YUSUAN_ or SLURM_',
      ),
    text(0, 32_768),
  )
  .refine(
    (variables) => Object.keys(variables).length <= ENV_VARIABLES_MAX,
    `must have at most ${ENV_VARIABLES_MAX} variables`,
  );

const workload = z.discriminatedUnion(
  'kind',
  [z.strictObject({ kind: z.literal('walltime'), walltimeMinutes: minutes({ minSeconds: 1, maxDays: 365 }) })],
  {
    error:
      'must be { "kind": "walltime", "walltimeMinutes": ... }: other kinds need the estimator, which is not open yet',
  },
);

const checkpoint = z.strictObject({
  intervalMinutes: minutes({ minSeconds: 1, maxDays: 30 }).nullable().default(null),
  sizeGiB: z.number().min(0).max(1_000_000).default(0),
  signal: z.enum(['USR1', 'USR2', 'TERM', 'INT', 'HUP']).default('USR1'),
  minSegmentMinutes: minutes({ minSeconds: 1, maxDays: 30 }).default(60),
});

const deviceCodes = z.array(code).max(64);
const centerCodes = z.array(code).max(1000);

/** What a quote and a submission share: everything that decides where a job can run and what it costs. */
const demandFields = {
  resources: z.strictObject({
    nodes: z.number().int().min(1).max(100_000),
    deviceKinds: deviceCodes.default([]),
    devicesPerNode: z.number().int().min(1).max(1024).default(1),
    minDeviceMemoryGiB: z.number().min(0).max(100_000).nullable().default(null),
  }),
  workload,
  checkpoint: checkpoint.nullable().default(null),
  constraints: z
    .strictObject({
      centersAllowed: centerCodes.default([]),
      centersDenied: centerCodes.default([]),
      earliestStart: instantIn.nullable().default(null),
      deadline: instantIn.nullable().default(null),
      maxWaitMinutes: minutes({ minSeconds: 0, maxDays: 365 }).nullable().default(null),
      maxCost: moneyIn({ places: 12 }).nullable().default(null),
    })
    .prefault({}),
  objective: z.enum(['cost', 'time'], { error: 'must be "cost" or "time"' }).default('cost'),
};

export const submitJob = z
  .strictObject({
    name: text(1, 200),
    project: code,
    run: z.strictObject({
      script: text(1, SCRIPT_CHARACTERS_MAX).refine(
        (script) => script.startsWith('#!'),
        'must begin with an interpreter line such as #!/bin/bash',
      ),
      env: env.default({}),
      image: z.null({ error: 'must be null: no cluster runs images yet' }).default(null),
    }),
    ...demandFields,
    qos: z.literal('normal', { error: 'must be "normal"' }).default('normal'),
    requeue: z.boolean().default(false),
    array: z.null({ error: 'must be null: arrays are not open yet' }).default(null),
    dependsOn: z.array(z.never({ error: 'must be empty: dependencies are not open yet' })).default([]),
    quoteId: uuid.nullable().default(null),
    labels: z
      .record(
        z
          .string()
          .regex(
            /^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$/,
            'must be 1 to 63 letters, digits, ".", "_", "/" or "-"',
          ),
        text(0, 256),
      )
      .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `must have at most ${LABELS_MAX} labels`)
      .default({}),
  })
  .meta({
    id: 'SubmitJob',
    examples: [
      {
        name: 'moe-pretrain',
        project: 'default',
        run: { script: '#!/bin/bash\necho training\nsleep 5\n', env: { SEED: '1' } },
        resources: { nodes: 1, devicesPerNode: 1 },
        workload: { kind: 'walltime', walltimeMinutes: 10 },
        objective: 'time',
      },
    ],
  });
export type SubmitJob = z.infer<typeof submitJob>;

export const requestQuote = z.strictObject(demandFields).meta({ id: 'RequestQuote' });
export type RequestQuote = z.infer<typeof requestQuote>;

export const reason = z
  .object({
    code: z.enum(REASONS),
    message: z.string(),
    figures: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .meta({ id: 'Reason' });
export type Reason = z.infer<typeof reason>;

export const plannedSegment = z
  .object({
    center: z.string(),
    poolId: uuid,
    windowId: uuid,
    nodes: z.number().int(),
    start: instantOut,
    end: instantOut,
    cost: moneyOut,
  })
  .meta({ id: 'PlannedSegment' });
export type PlannedSegmentOut = z.infer<typeof plannedSegment>;

export const progress = z
  .object({ step: z.number(), of: z.number().nullable(), loss: z.number().nullable(), at: instantOut })
  .meta({ id: 'Progress' });
export type Progress = z.infer<typeof progress>;

export const job = z
  .object({
    id: uuid,
    name: z.string(),
    project: z.string(),
    state: jobState,
    reason: z.enum(REASONS).nullable(),
    run: z.object({ script: z.string(), env: z.record(z.string(), z.string()), image: z.null() }),
    resources: z.object({
      nodes: z.number().int(),
      deviceKinds: z.array(z.string()),
      devicesPerNode: z.number().int(),
      minDeviceMemoryGiB: z.number().nullable(),
    }),
    workload: z.object({ kind: z.literal('walltime'), walltimeMinutes: z.number() }),
    checkpoint: z
      .object({
        intervalMinutes: z.number().nullable(),
        sizeGiB: z.number(),
        signal: z.string(),
        minSegmentMinutes: z.number(),
      })
      .nullable(),
    constraints: z.object({
      centersAllowed: z.array(z.string()),
      centersDenied: z.array(z.string()),
      earliestStart: instantOut.nullable(),
      deadline: instantOut.nullable(),
      maxWaitMinutes: z.number().nullable(),
      maxCost: moneyOut.nullable(),
    }),
    objective: z.enum(['cost', 'time']),
    qos: z.string(),
    requeue: z.boolean(),
    quoteId: uuid.nullable(),
    labels: z.record(z.string(), z.string()),
    submittedAt: instantOut,
    startedAt: instantOut.nullable(),
    endedAt: instantOut.nullable(),
    exitCode: z.number().int().nullable(),
    expectedStart: instantOut.nullable(),
    expectedFinish: instantOut.nullable(),
    progress: progress.nullable(),
    cost: z.object({ charged: moneyOut, provisional: moneyOut }),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof job>;

/** Without what may be a megabyte: script and environment are read one job at a time. */
export const jobListItem = job.omit({ run: true }).meta({ id: 'JobListItem' });
export type JobListItem = z.infer<typeof jobListItem>;

export const jobQuery = pageQuery.extend({
  state: jobState.optional(),
  project: code.optional(),
  /** `key=value` */
  label: z
    .string()
    .max(320)
    .regex(/^[^=]+=/, 'must be key=value')
    .optional(),
  q: text(1, 200).optional(),
});
export type JobQuery = z.infer<typeof jobQuery>;

export const segment = z
  .object({
    id: uuid,
    seq: z.number().int(),
    center: z.string(),
    poolId: uuid,
    windowId: uuid,
    nodes: z.number().int(),
    devicesPerNode: z.number().int(),
    state: z.enum(SEGMENT_STATES),
    outcome: z.enum(SEGMENT_OUTCOMES).nullable(),
    plannedStart: instantOut,
    plannedEnd: instantOut,
    startedAt: instantOut.nullable(),
    endedAt: instantOut.nullable(),
    exitCode: z.number().int().nullable(),
  })
  .meta({ id: 'Segment' });
export type Segment = z.infer<typeof segment>;

export const centerSegment = z
  .object({
    id: uuid,
    jobId: uuid,
    tenant: z.string(),
    center: z.string(),
    poolId: uuid,
    windowId: uuid,
    nodes: z.number().int(),
    state: z.enum(SEGMENT_STATES),
    outcome: z.enum(SEGMENT_OUTCOMES).nullable(),
    plannedStart: instantOut,
    plannedEnd: instantOut,
    startedAt: instantOut.nullable(),
    endedAt: instantOut.nullable(),
  })
  .meta({ id: 'CenterSegment' });
export type CenterSegment = z.infer<typeof centerSegment>;
export const centerSegmentQuery = pageQuery.extend({ center: code });

export const event = z
  .object({
    id: uuid,
    type: z.string(),
    subject: z.object({ type: z.string(), id: uuid, seq: z.number().int() }),
    from: z.string().nullable(),
    to: z.string().nullable(),
    reason: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    actor: z.object({ kind: z.string(), id: z.string() }),
    requestId: z.string(),
    at: instantOut,
  })
  .meta({ id: 'Event' });
export type Event = z.infer<typeof event>;

export const logQuery = z.strictObject({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_048_576).default(65_536),
  /** Default: the newest segment that has begun. */
  segment: uuid.optional(),
});
export const logChunk = z
  .object({
    segment: uuid.nullable(),
    text: z.string(),
    offset: z.number().int(),
    nextOffset: z.number().int(),
    end: z.boolean(),
  })
  .meta({ id: 'LogChunk' });
export type LogChunk = z.infer<typeof logChunk>;

export const progressQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
  cursor: z.string().max(512).optional(),
});
export const progressPoint = z
  .object({ segment: uuid, step: z.number(), of: z.number().nullable(), loss: z.number().nullable(), at: instantOut })
  .meta({ id: 'ProgressPoint' });
export type ProgressPoint = z.infer<typeof progressPoint>;

export const explanation = z
  .object({
    jobId: uuid,
    state: jobState,
    plannedAt: instantOut.nullable(),
    expectedStart: instantOut.nullable(),
    expectedFinish: instantOut.nullable(),
    expectedCost: moneyOut.nullable(),
    segments: z.array(plannedSegment),
    reasons: z.array(reason),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof explanation>;

export const quote = z
  .object({
    id: uuid,
    quotedAt: instantOut,
    validUntil: instantOut,
    options: z.array(
      z.object({
        center: z.string(),
        poolId: uuid,
        deviceKind: z.string(),
        runnable: z.boolean(),
        start: instantOut,
        finish: instantOut.nullable(),
        segments: z.array(plannedSegment),
        price: z.object({ center: moneyOut, fee: moneyOut, tax: moneyOut, gross: moneyOut }),
        energy: z.object({
          facilityKwh: z.string().nullable(),
          marginalFacilityKwh: z.string().nullable(),
          carbonKg: z.string().nullable(),
          marginalCarbonKg: z.string().nullable(),
          provenance: z.string(),
          unknown: z.record(z.string(), z.string()),
        }),
      }),
    ),
    refusals: z.array(reason),
  })
  .meta({ id: 'Quote' });
export type Quote = z.infer<typeof quote>;
