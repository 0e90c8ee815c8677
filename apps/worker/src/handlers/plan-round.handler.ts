import { Injectable } from '@nestjs/common';
import { BellHandler } from '#libs/platform';
import { PlanRoundService } from '#libs/scheduling';

@Injectable()
export class PlanRoundHandler extends BellHandler {
  readonly bell = 'plan-round';

  constructor(private readonly round: PlanRoundService) {
    super();
  }

  async handle(): Promise<void> {
    await this.round.execute();
  }

  async findMissed(): Promise<readonly string[]> {
    return (await this.round.isDue()) ? ['all'] : [];
  }
}
