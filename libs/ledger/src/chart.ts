/** Whose an account is: one a tenant and currency, one a center and currency, or the platform's own. */
export type AccountParty = 'tenant' | 'center' | 'platform';

/** The chart of accounts: closed. A credit (what we owe, or earned) is positive, a debit negative. */
export const CHART = {
  /** Prepaid money that the tenant may still spend. */
  'tenant:available': 'tenant',
  /** Prepaid money set aside for segments about to run. */
  'tenant:held': 'tenant',
  /** Invoiced and not yet paid: negative. */
  'tenant:receivable': 'tenant',
  /** Used beyond held and available: negative. */
  'tenant:overdue': 'tenant',
  /** What we owe a center. */
  'center:payable': 'center',
  'fee:revenue': 'platform',
  'vat:output': 'platform',
  /** Between the ledger's 12 decimals and an invoice's two. */
  rounding: 'platform',
  /** What the platform pays out of its own pocket. */
  goodwill: 'platform',
  /** Money at the bank: negative. */
  'bank:clearing': 'platform',
} as const satisfies Record<string, AccountParty>;

export type AccountKind = keyof typeof CHART;

export const ACCOUNT_KINDS = Object.keys(CHART) as readonly AccountKind[];
