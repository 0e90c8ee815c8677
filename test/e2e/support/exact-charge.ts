/**
 * What a tenant owes for a run, by whole-number arithmetic of its own: from the books' rules alone (prices to 4 decimals,
 * device-hours of each usage record to 8, tax to 12, all half even; fee 8 %, VAT 6 %), without the product's libraries.
 */
const PRICE_PLACES = 4;
const DEVICE_HOUR_PLACES = 8;
const MONEY_PLACES = PRICE_PLACES + DEVICE_HOUR_PLACES;
const FEE_PERCENT = 8n;
const VAT_PERCENT = 6n;
const HOUR = 3600;

export interface MeteredRun {
  /** RFC 3339, whole seconds. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly devices: number;
  /** Of a device-hour, as the offer's text says it. */
  readonly price: string;
}

export interface ExactCharge {
  readonly deviceSeconds: number;
  /** In units of the 12th decimal. */
  readonly net: bigint;
  readonly fee: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
}

export function exactCharge(runs: readonly MeteredRun[]): ExactCharge {
  const records = runs.flatMap(recordsOf);
  const total = (pick: (record: ExactCharge) => bigint) => records.reduce((sum, record) => sum + pick(record), 0n);
  return {
    deviceSeconds: records.reduce((sum, record) => sum + record.deviceSeconds, 0),
    net: total((record) => record.net),
    fee: total((record) => record.fee),
    tax: total((record) => record.tax),
    gross: total((record) => record.gross),
  };
}

/** An amount's text in units of the 12th decimal. */
export function inUnits(text: string, places = MONEY_PLACES): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const decimals = match?.[2] ?? '';
  if (!match || decimals.length > places) throw new RangeError(`${text} is no amount of at most ${places} decimals`);
  return BigInt(`${match[1]}${decimals.padEnd(places, '0')}`);
}

/** A usage record ends at each full hour; midnights of the billing zone are such. */
function recordsOf(run: MeteredRun): ExactCharge[] {
  const [from, to] = [Date.parse(run.startedAt) / 1000, Date.parse(run.endedAt) / 1000];
  const records: ExactCharge[] = [];
  for (let at = from; at < to;) {
    const next = Math.min(to, (Math.floor(at / HOUR) + 1) * HOUR);
    records.push(chargeOf((next - at) * run.devices, inUnits(run.price, PRICE_PLACES)));
    at = next;
  }
  return records;
}

function chargeOf(deviceSeconds: number, price: bigint): ExactCharge {
  const deviceHours = divideHalfEven(BigInt(deviceSeconds) * 10n ** BigInt(DEVICE_HOUR_PLACES), BigInt(HOUR));
  const net = deviceHours * price;
  const fee = deviceHours * divideHalfEven(price * FEE_PERCENT, 100n);
  const tax = divideHalfEven((net + fee) * VAT_PERCENT, 100n);
  return { deviceSeconds, net, fee, tax, gross: net + fee + tax };
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  const isUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}
