import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CenterId, Money, toEpochSeconds } from '#libs/kernel';
import { type OperationContext, type Page, encodeKeys } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import type { AccountEntry } from './ledger.store.js';
import { BooksFixture, KNOWN_SITE, type TestOffer, type TestTenant } from '../testing/index.js';

const at = (text: string) => toEpochSeconds(new Date(text));
const START = at('2026-10-31T15:20:00Z');
const END = at('2026-10-31T17:10:30Z');
const OCTOBER_ON = { fromDay: '2026-10-01', toDay: '2027-01-01' };

describe('accounts and reports', () => {
  let db: TestDatabase;
  let books: BooksFixture;
  let offer: TestOffer;
  let dark: TestOffer;
  let tenant: TestTenant;
  let other: TestTenant;
  let run: Awaited<ReturnType<BooksFixture['runMetered']>>;

  beforeAll(async () => {
    db = await testDatabase();
    books = new BooksFixture(db);
    books.at(START);
    offer = await books.insertOffer('3.5000', KNOWN_SITE);
    dark = await books.insertOffer('1.0000');
    tenant = await books.insertTenant('1000.00');
    other = await books.insertTenant('1000.00');
    run = await books.runMetered(tenant, offer, { startsAt: START, endsAt: END });
    await books.runMetered(tenant, dark, { startsAt: START, endsAt: START + 60 });
    await books.runMetered(other, offer, { startsAt: START, endsAt: START + 60 });
    await books.worker.rateUsage.execute(books.context);
  });
  afterAll(() => db.close());

  const usage = (context: OperationContext, ...groupBy: ('day' | 'center' | 'project')[]) =>
    books.app.reports.usageReport(context, { ...OCTOBER_ON, groupBy });

  it('reports by day of the billing zone: one hour either side of the month', async () => {
    const report = await books.app.reports.usageReport(books.asTenant(tenant), {
      ...OCTOBER_ON,
      groupBy: ['day', 'center', 'pool', 'project'],
    });
    const known = report.filter((row) => row.poolId === offer.poolId);
    expect(known.map((row) => [row.day, row.projectId, row.centerId, row.deviceSeconds])).toEqual([
      ['2026-10-31', tenant.projectId, offer.centerId, 19_200],
      ['2026-11-01', tenant.projectId, offer.centerId, 33_840],
    ]);
    const money = known.map((row) => [row.centerAmount, row.feeAmount].map((amount) => amount.toFixed(2)));
    // The lines of the invoices of October and November.
    expect(money).toEqual([
      ['18.67', '1.49'],
      ['32.90', '2.63'],
    ]);
  });

  it('leaves out what is not in the span', async () => {
    const context = books.asTenant(tenant);
    const report = await books.app.reports.usageReport(context, {
      fromDay: '2026-10-01',
      toDay: '2026-11-01',
      groupBy: ['day'],
    });
    expect(report.map((row) => row.day)).toEqual(['2026-10-31']);
  });

  it('sums energy where it is known and counts the records where it is not', async () => {
    const [all] = await usage(books.asTenant(tenant));
    expect(all).toMatchObject({
      records: 4,
      recordsWithoutEnergy: 1,
      recordsWithoutCarbon: 1,
      recordsWithoutElectricityCost: 1,
    });
    // 6630 s of 6 kW × 1.25, half of it marginal.
    expect(all?.facilityKwh.toFixed(4)).toBe('13.8125');
    expect(all?.marginalFacilityKwh.toFixed(5)).toBe('6.90625');
    expect(all?.electricityCost.toFixed(4)).toBe('8.2875');
    expect(all?.day).toBeNull();
  });

  it('shows a tenant nothing of another', async () => {
    const report = await usage(books.asTenant(other), 'center');
    expect(report.map((row) => [row.centerId, row.deviceSeconds])).toEqual([[offer.centerId, 480]]);
    expect(await usage(books.context)).toEqual([]);
    const foreign = await books.app.jobCosts.costsOfJobs(books.asTenant(other), [run.jobId]);
    expect(foreign.size).toBe(0);
    expect(await books.app.accounts.findAccount(books.asTenant(other), tenant.accountId)).toBeNull();
    const page = { limit: 10, cursor: null };
    await expect(books.app.accounts.listEntries(books.asTenant(other), tenant.accountId, page)).rejects.toMatchObject({
      code: 'account-not-found',
    });
    const money = Money.of('1.00', 'CNY');
    const topUp = books.app.topUp.execute(books.asTenant(other), {
      accountId: tenant.accountId,
      money,
      reference: 'x',
    });
    await expect(topUp).rejects.toMatchObject({ code: 'account-not-found' });
  });

  it("shows an operator the center's revenue, electricity and margins, and no other center's", async () => {
    const operator = (centerIds: CenterId[]) => ({ ...books.context, scope: { ...books.context.scope, centerIds } });
    const read = (context: OperationContext, centerId: CenterId) =>
      books.app.reports.centerReport(context, { ...OCTOBER_ON, centerId });
    const report = await read(operator([offer.centerId]), offer.centerId);
    expect(report.map((row) => [row.day, row.deviceSeconds])).toEqual([
      ['2026-10-31', 19_680],
      ['2026-11-01', 33_840],
    ]);
    const november = report[1];
    expect(november?.revenue.toFixed()).toBe('32.9');
    expect(november?.margin?.toFixed(4)).toBe('27.6125');
    expect(november?.marginOverMarginal?.toFixed(5)).toBe('30.25625');
    expect(await read(operator([offer.centerId]), dark.centerId)).toEqual([]);
    expect((await read(operator([dark.centerId]), dark.centerId))[0]?.margin).toBeNull();
  });

  it('shows charged beside provisional while a job runs, and the same sum after', async () => {
    const segment = await books.mustReserve(tenant, offer, { startsAt: START, endsAt: END + 3600 });
    const attemptId = await books.start(segment);
    const cost = async () => {
      const found = await books.app.jobCosts.costOfJob(books.asTenant(tenant), segment.jobId, 'CNY');
      return [found.charged.gross.toFixed(), found.provisional.gross.toFixed()];
    };
    const committed = async () => {
      const found = await books.worker.jobCosts.committedOfJobs(books.context, [segment.jobId]);
      return found.get(segment.jobId)?.get('CNY')?.toFixed(2);
    };
    books.at(START);
    expect(await cost()).toEqual(['0', '0']);
    expect(await committed()).toBe('91.09');
    books.at(END);
    const whole = '59.033519986644';
    expect(await cost()).toEqual(['0', whole]);
    await books.seen(attemptId, END);
    await books.worker.meterAttempt.execute(books.context, attemptId);
    expect(await cost()).toEqual(['0', whole]);
    await books.worker.rateUsage.execute(books.context);
    expect(await cost()).toEqual(['53.423999986644', '5.60952']);
    expect(await committed()).toBe('91.09');
    await books.end(attemptId, END);
    await books.worker.meterAttempt.execute(books.context, attemptId);
    await books.worker.rateUsage.execute(books.context);
    expect(await cost()).toEqual([whole, '0']);
    expect(await committed()).toBe('59.03');
    books.at(START);
  });

  it('lists an account with its entries by page, newest first', async () => {
    const context = books.asTenant(other);
    const [account] = await books.app.accounts.listAccounts(context);
    expect(account).toMatchObject({ id: other.accountId, currency: 'CNY' });
    const entries: AccountEntry[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<AccountEntry> = await books.app.accounts.listEntries(context, other.accountId, {
        limit: 2,
        cursor,
      });
      expect(page.items.length).toBeLessThanOrEqual(2);
      entries.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(entries.map((entry) => `${entry.kind} ${entry.account}`)).toEqual([
      'holdReleased tenant:held',
      'holdReleased tenant:available',
      'chargeCaptured tenant:held',
      'holdPlaced tenant:available',
      'holdPlaced tenant:held',
      'topUp tenant:available',
    ]);
    expect(entries.at(-1)).toMatchObject({ reference: 'bank-1', jobId: null });
    const available = entries
      .filter((entry) => entry.account === 'tenant:available')
      .reduce((total, entry) => total.plus(entry.amount), Money.zero('CNY'));
    expect(available.amount.toFixed()).toBe(account?.available.toFixed());
    const forged = { limit: 2, cursor: encodeKeys(['no id', 1]) };
    await expect(books.app.accounts.listEntries(context, other.accountId, forged)).rejects.toThrow(/nextCursor/);
  });

  it('lets a platform administrator, and nobody else, act for the account of any tenant', async () => {
    const outsider = books.asTenant({ tenantId: books.ids.next() });
    await expect(books.app.accounts.contextOfAccount(outsider, tenant.accountId)).rejects.toMatchObject({
      code: 'account-not-found',
    });
    const administrator = { ...outsider, scope: { ...outsider.scope, platformAdmin: true } };
    const context = await books.app.accounts.contextOfAccount(administrator, tenant.accountId);
    expect(context.scope.tenantId).toBe(tenant.tenantId);
    expect(await books.app.accounts.accountIdsOfTenant(administrator, tenant.tenantId)).toEqual([tenant.accountId]);
    expect(await books.app.accounts.accountIdsOfTenant(outsider, tenant.tenantId)).toEqual([]);
    const before = await books.app.accounts.findAccount(context, tenant.accountId);
    const money = Money.of('5.50', 'CNY');
    const id = await books.app.topUp.execute(context, { accountId: tenant.accountId, money, reference: 'bank-9' });
    const after = await books.app.accounts.findAccount(context, tenant.accountId);
    expect(after?.available.minus(before?.available ?? 0).toFixed()).toBe('5.5');
    const kept = await db.admin.query('SELECT actor_id, request_id, reference FROM ledger_transaction WHERE id = $1', [
      id,
    ]);
    expect(kept.rows[0]).toEqual({ actor_id: 'test', request_id: 'test-request', reference: 'bank-9' });
  });

  it('adds every one of twenty top-ups that come at once', async () => {
    const payer = await books.insertTenant();
    const { accountId } = payer;
    const topUp = (_: unknown, index: number) =>
      books.app.topUp.execute(books.asTenant(payer), {
        accountId,
        money: Money.of('1.01', 'CNY'),
        reference: `r${index}`,
      });
    await Promise.all(Array.from({ length: 20 }, topUp));
    const account = await books.app.accounts.findAccount(books.asTenant(payer), accountId);
    expect(account?.available.toFixed()).toBe('20.2');
    expect(await books.worker.checkBooks.execute(books.context)).toEqual([]);
  });

  it('refuses top-ups that are no payment', async () => {
    const topUp = (amount: string, currency = 'CNY') =>
      books.app.topUp.execute(books.asTenant(tenant), {
        accountId: tenant.accountId,
        money: Money.of(amount, currency),
        reference: 'x',
      });
    for (const amount of ['0', '-1.00', '1.001', '1000000000000.00'])
      await expect(topUp(amount)).rejects.toMatchObject({ code: 'invalid-amount' });
    await expect(topUp('1.00', 'USD')).rejects.toMatchObject({ code: 'currency-mismatch' });
  });

  it('opens one account a tenant and currency', async () => {
    const open = (currency: string) =>
      books.app.openAccount.execute(books.asTenant(tenant), { tenantId: tenant.tenantId, currency });
    await expect(open('CNY')).rejects.toMatchObject({ code: 'account-exists' });
    await open('EUR');
    const accounts = await books.app.accounts.listAccounts(books.asTenant(tenant));
    expect(accounts.map((account) => account.currency)).toEqual(['CNY', 'EUR']);
  });
});
