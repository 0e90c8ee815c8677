const PLACES = 12;

/** An exact decimal with up to 12 places, as a count of its last place. @param {string} text */
export function toUnits(text) {
  const [whole, decimals = ''] = text.replace('-', '').split('.');
  const units = BigInt(whole + decimals.padEnd(PLACES, '0'));
  return text.startsWith('-') ? -units : units;
}

/** @param {bigint} units */
export function fromUnits(units) {
  const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0');
  const decimals = digits.slice(-PLACES).replace(/0+$/, '').padEnd(2, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${decimals}`;
}

/** @param {string[]} amounts */
export function sum(amounts) {
  return amounts.reduce((total, amount) => total + toUnits(amount), 0n);
}
