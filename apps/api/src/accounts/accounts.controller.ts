import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { AccountQueries, TopUpService } from '#libs/accounting';
import {
  type AcceptedTopUp,
  acceptedTopUp,
  type Account,
  account,
  accountQuery,
  type Entry,
  entry,
  listOf,
  type Page,
  pageOf,
  pageQuery,
  type PageQuery,
  type TopUp,
  topUp,
} from '#libs/contracts';
import { type AccountId, Money } from '#libs/kernel';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call } from '../http/api-call.js';
import { Creations, requireIdempotencyKey } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { atField } from '../wire/at-field.js';
import { fromApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { AccountViews } from './account-views.service.js';

@Controller('v1/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly topUps: TopUpService,
    private readonly views: AccountViews,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('account.read')
  @Answers(listOf(account), { summary: "A tenant's accounts, one a currency", problems: ['tenant-not-found'] })
  async listAccounts(
    @Call() call: ApiCall,
    @Query({ schema: accountQuery }) query: z.infer<typeof accountQuery>,
  ): Promise<{ items: Account[] }> {
    return { items: await this.views.accountsOf(call, query.tenant) };
  }

  @Get(':id')
  @Action('account.read')
  @Answers(account, { summary: 'Balance, holds and limit of one account', problems: ['account-not-found'] })
  async readAccount(@Call() { context }: ApiCall, @Param('id', ID) id: AccountId): Promise<Account> {
    return this.views.accountIn(await this.accounts.contextOfAccount(context, id), id);
  }

  @Get(':id/entries')
  @Action('account.read')
  @Answers(pageOf(entry), {
    summary: 'What was posted to an account, line by line, newest first',
    problems: ['account-not-found'],
  })
  async listEntries(
    @Call() { context }: ApiCall,
    @Param('id', ID) id: AccountId,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<Page<Entry>> {
    return this.views.entriesIn(await this.accounts.contextOfAccount(context, id), id, fromApiPage(query));
  }

  @Post(':id/top-ups')
  @Action('account.topUp')
  @Creates(acceptedTopUp, {
    summary: 'Book money that was paid in',
    idempotency: 'required',
    problems: ['account-not-found'],
  })
  async createTopUp(
    @Call() call: ApiCall,
    @Param('id', ID) accountId: AccountId,
    @Body({ schema: topUp }) body: TopUp,
  ): Promise<AcceptedTopUp> {
    requireIdempotencyKey(call);
    const context = await this.accounts.contextOfAccount(call.context, accountId);
    const money = Money.fromJson(body.money);
    return this.creations.answer(call, {
      context,
      create: async (ctx) => {
        const posting = this.topUps.execute(ctx, { accountId, money, reference: body.reference });
        const id = await atField(
          { 'currency-mismatch': '/money/currency', 'invalid-amount': '/money/amount' },
          posting,
        );
        const made = { id, accountId, money: money.toJson(), reference: body.reference };
        return { location: `/v1/accounts/${accountId}/entries`, body: made };
      },
    });
  }
}
