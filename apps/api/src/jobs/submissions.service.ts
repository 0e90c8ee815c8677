import { Injectable } from '@nestjs/common';
import { AccountQueries } from '#libs/accounting';
import type { SubmitJob } from '#libs/contracts';
import { IdentityQueries } from '#libs/identity';
import type { JobDemand, SubmitJobInput } from '#libs/jobs';
import { type Currency, type FieldFault, InvalidInputError, type ProjectId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { RequestQuoteService } from '#libs/scheduling';
import { ApiProblem } from '../problems/api-problem.js';
import { fromApiSubmitJob } from './convert.js';
import { demandFaults } from './demand-faults.js';
import { KnownCatalogs } from './known-catalog.service.js';

const NO_PROJECT = '00000000-0000-0000-0000-000000000000' as ProjectId;

/** What of a submission needs more than its own words: project, account, catalog. All faults at once. */
@Injectable()
export class Submissions {
  constructor(
    private readonly identity: IdentityQueries,
    private readonly accounts: AccountQueries,
    private readonly catalogs: KnownCatalogs,
    private readonly quotes: RequestQuoteService,
  ) {}

  /** @throws InvalidInputError; ApiProblem `no-account` */
  async accept(context: OperationContext, body: SubmitJob): Promise<SubmitJobInput> {
    const currency = await this.currencyOf(context, body.constraints.maxCost?.currency ?? null);
    const project = await this.identity.findProjectByCode(context, body.project);
    const input = fromApiSubmitJob(body, { projectId: project?.id ?? NO_PROJECT, currency });
    const noProject = { path: '/project', message: `there is no project '${body.project}' in this tenant` };
    const faults = [
      ...(project ? [] : [noProject]),
      ...(await this.quoteFaults(context, input)),
      ...(await this.faultsOf(context, input)),
    ];
    if (faults.length > 0) throw new InvalidInputError(faults);
    return input;
  }

  /** @throws InvalidInputError where the catalog could never serve it. */
  async checkDemand(context: OperationContext, demand: JobDemand): Promise<void> {
    const faults = await this.faultsOf(context, demand);
    if (faults.length > 0) throw new InvalidInputError(faults);
  }

  /** The wanted currency where the tenant has an account in it, else that of its oldest account. */
  async currencyOf(context: OperationContext, wanted: Currency | null): Promise<Currency> {
    const accounts = await this.accounts.listAccounts(context);
    const found = accounts.find((account) => account.currency === wanted) ?? accounts[0];
    if (!found) throw new ApiProblem('no-account', 'This tenant has no account that a job could be paid from.');
    return found.currency;
  }

  private async quoteFaults(context: OperationContext, { quoteId }: SubmitJobInput): Promise<FieldFault[]> {
    const state = quoteId === null ? 'valid' : await this.quotes.stateOf(context, quoteId);
    const words = { unknown: 'there is no such quote', expired: 'is past its validUntil: ask for a new quote' };
    return state === 'valid' ? [] : [{ path: '/quoteId', message: words[state] }];
  }

  /** What was read a moment ago may let a job in; only what is read now may refuse it. */
  private async faultsOf(context: OperationContext, demand: JobDemand): Promise<FieldFault[]> {
    if (demandFaults(demand, await this.catalogs.read(context, false)).length === 0) return [];
    return demandFaults(demand, await this.catalogs.read(context, true));
  }
}
