import type { MoneyJson } from '#libs/kernel';
import { type Currency, type Decimal, formatDecimal, Money } from '#libs/kernel';

export function toApiMoney(amount: Decimal, currency: Currency): MoneyJson {
  return Money.of(amount, currency).toJson();
}

export function toApiMoneyOrNull(amount: Decimal | null, currency: Currency): MoneyJson | null {
  return amount === null ? null : toApiMoney(amount, currency);
}

export function toApiDecimal(value: Decimal): string {
  return formatDecimal(value);
}
