export type { AccountKind, AccountParty } from './chart.js';
export { assertBalanced, reverse } from './transaction.js';
export type { Posting, Transaction, TransactionKind } from './transaction.js';
export { captureCharge, payFromGoodwill, placeHold, releaseHold, splitCharge, topUp } from './post-money.js';
export type { CaptureChargeInput, CaptureSources, CaptureSplit, ChargeAmounts } from './post-money.js';
export { balanceOf, projectBalances } from './project-balances.js';
export type { Balance } from './project-balances.js';
export { LedgerError } from './ledger.errors.js';
export type { LedgerErrorCode } from './ledger.errors.js';
