import { Body, Controller, Post } from '@nestjs/common';
import { type Quote, quote, requestQuote, type RequestQuote } from '#libs/contracts';
import { demandOfRequest, RequestQuoteService } from '#libs/scheduling';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Submissions } from '../jobs/submissions.service.js';
import { Creates } from '../openapi/answers.decorator.js';

@Controller('v1/quotes')
export class QuotesController {
  constructor(
    private readonly quotes: RequestQuoteService,
    private readonly submissions: Submissions,
    private readonly creations: Creations,
  ) {}

  @Post()
  @Action('quote.create')
  @Creates(quote, {
    summary: 'Price, energy, carbon, start and finish of a job on each feasible pool, before it is submitted',
  })
  createQuote(@Call() call: ApiCall, @Body({ schema: requestQuote }) body: RequestQuote): Promise<Quote> {
    const { tenantId } = call.principal;
    return this.creations.answer(call, {
      create: async (ctx) => {
        await this.submissions.checkDemand(ctx, demandOfRequest(body));
        return { location: null, body: await this.quotes.execute(ctx, tenantId, body) };
      },
    });
  }
}
