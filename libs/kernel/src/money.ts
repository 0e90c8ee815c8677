import { Decimal, formatDecimal, parseDecimal } from './decimal.js';

/** ISO 4217. */
export type Currency = string;

/** What money looks like on the wire: an exact decimal in a string, never a float. */
export interface MoneyJson {
  readonly amount: string;
  readonly currency: Currency;
}

/** An exact amount of one currency. Operations across currencies throw: a report never sums them. */
export class Money {
  private constructor(
    readonly amount: Decimal,
    readonly currency: Currency,
  ) {}

  /** @throws RangeError where the amount is no plain decimal or the currency is not three capitals. */
  static of(amount: Decimal | string | number, currency: Currency): Money {
    if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError(`'${currency}' is not an ISO 4217 currency code`);
    return new Money(typeof amount === 'string' ? parseDecimal(amount) : new Decimal(amount), currency);
  }

  static zero(currency: Currency): Money {
    return Money.of(0, currency);
  }

  static fromJson(json: MoneyJson): Money {
    return Money.of(json.amount, json.currency);
  }

  plus(other: Money): Money {
    return new Money(this.amount.plus(this.sameCurrency(other).amount), this.currency);
  }

  minus(other: Money): Money {
    return new Money(this.amount.minus(this.sameCurrency(other).amount), this.currency);
  }

  times(factor: Decimal | number): Money {
    return new Money(this.amount.times(factor), this.currency);
  }

  negated(): Money {
    return new Money(this.amount.negated(), this.currency);
  }

  compare(other: Money): -1 | 0 | 1 {
    return this.amount.comparedTo(this.sameCurrency(other).amount) as -1 | 0 | 1;
  }

  equals(other: Money): boolean {
    return this.currency === other.currency && this.amount.equals(other.amount);
  }

  isNegative(): boolean {
    return this.amount.isNegative() && !this.amount.isZero();
  }

  /** At least two decimals, as people write money; more only where they are not zero. */
  toJson(): MoneyJson {
    return { amount: formatDecimal(this.amount, 2), currency: this.currency };
  }

  private sameCurrency(other: Money): Money {
    if (other.currency !== this.currency)
      throw new RangeError(
        `cannot combine ${this.currency} with ${other.currency}: a conversion needs a recorded rate`,
      );
    return other;
  }
}
