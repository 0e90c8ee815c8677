import { Decimal, dec } from '#libs/kernel';
import type {
  AccountId,
  CenterId,
  Currency,
  EpochSeconds,
  HoldId,
  JobId,
  PoolId,
  PriceScheduleId,
  ProjectId,
  SegmentId,
  TenantId,
  UsageRecordId,
} from '#libs/kernel';
import { captureCharge } from '#libs/ledger';
import type { Transaction } from '#libs/ledger';
import type { PriceSchedule, Rated } from '#libs/pricing';
import { NO_CHANGE, applyChange, changeOf, spendable } from './account.js';
import type { Account, AccountChange } from './account.js';
import { rateRecord } from './price-use.js';

/** A closed usage record with what pays for it. */
export interface ChargeableRecord {
  readonly usageRecordId: UsageRecordId;
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly centerId: CenterId;
  readonly poolId: PoolId;
  readonly startsAt: EpochSeconds;
  readonly endsAt: EpochSeconds;
  readonly deviceSeconds: number;
  readonly billableDeviceSeconds: number;
  readonly facilityKwh: Decimal | null;
  readonly marginalFacilityKwh: Decimal | null;
  readonly carbonKg: Decimal | null;
  readonly marginalCarbonKg: Decimal | null;
  readonly electricityCost: Decimal | null;
  readonly marginalElectricityCost: Decimal | null;
  readonly electricityCurrency: Currency | null;
  readonly priceScheduleId: PriceScheduleId;
  readonly holdId: HoldId;
  readonly accountId: AccountId;
}

export interface Charge {
  readonly record: ChargeableRecord;
  readonly rated: Rated;
  /** Without postings where nothing is charged. */
  readonly transaction: Transaction;
}

export interface RatingFault {
  readonly usageRecordId: UsageRecordId;
  readonly problem: string;
}

export interface ChargeBatchInput {
  readonly records: readonly ChargeableRecord[];
  readonly schedules: ReadonlyMap<PriceScheduleId, PriceSchedule>;
  /** Locked: nobody else changes them before these charges are posted. */
  readonly accounts: ReadonlyMap<AccountId, Account>;
  /** What is left of each hold; locked too. */
  readonly holdRests: ReadonlyMap<HoldId, Decimal>;
}

export interface ChargeBatch {
  readonly charges: readonly Charge[];
  readonly faults: readonly RatingFault[];
  readonly captured: ReadonlyMap<HoldId, Decimal>;
  readonly changes: ReadonlyMap<AccountId, AccountChange>;
}

/**
 * Charges records one after the other against their holds and accounts, each seeing what those before it took.
 * A record that cannot be rated is a fault with its reason, and costs the others nothing.
 */
export function chargeBatch(input: ChargeBatchInput): ChargeBatch {
  const batch = new RunningBatch(input);
  for (const record of input.records) batch.charge(record);
  return batch;
}

class RunningBatch implements ChargeBatch {
  readonly charges: Charge[] = [];
  readonly faults: RatingFault[] = [];
  readonly captured = new Map<HoldId, Decimal>();
  readonly changes = new Map<AccountId, AccountChange>();

  constructor(private readonly input: ChargeBatchInput) {}

  charge(record: ChargeableRecord): void {
    try {
      this.capture(record);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.faults.push({ usageRecordId: record.usageRecordId, problem });
    }
  }

  private capture(record: ChargeableRecord): void {
    const rated = rateRecord(known(this.input.schedules.get(record.priceScheduleId), 'price schedule'), record);
    const account = known(this.input.accounts.get(record.accountId), 'account');
    const taken = this.captured.get(record.holdId) ?? dec(0);
    const rest = known(this.input.holdRests.get(record.holdId), 'hold').minus(taken);
    const before = this.changes.get(account.id) ?? NO_CHANGE;
    const available = spendable(applyChange(account, before));
    const transaction = captureCharge({ rated, centerId: record.centerId, heldRemaining: rest, available });
    const change = changeOf([transaction], account.currency);
    this.captured.set(record.holdId, taken.minus(change.held));
    this.changes.set(account.id, applyChange(before, change));
    this.charges.push({ record, rated, transaction });
  }
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} of this record is not known`);
  return value;
}
