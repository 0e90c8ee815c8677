import { Injectable } from '@nestjs/common';
import { RateUsageService } from '#libs/accounting';
import { BellHandler, IdSource, systemContext } from '#libs/platform';

@Injectable()
export class RateUsageHandler extends BellHandler {
  readonly bell = 'rate-usage';

  constructor(
    private readonly rating: RateUsageService,
    private readonly ids: IdSource,
  ) {
    super();
  }

  async handle(): Promise<void> {
    await this.rating.execute(this.context());
  }

  async findMissed(): Promise<readonly string[]> {
    return (await this.rating.hasWork(this.context())) ? ['all'] : [];
  }

  private context() {
    return systemContext('rating', `rate-${this.ids.next<string>()}`);
  }
}
