import { Injectable } from '@nestjs/common';
import { StopJobService } from '#libs/execution';
import type { JobId } from '#libs/kernel';
import { BellHandler, IdSource, systemContext } from '#libs/platform';

@Injectable()
export class CancelJobHandler extends BellHandler {
  readonly bell = 'cancel-job';

  constructor(
    private readonly stopJob: StopJobService,
    private readonly ids: IdSource,
  ) {
    super();
  }

  async handle(id: string): Promise<void> {
    await this.stopJob.execute(this.context(), id as JobId);
  }

  async findMissed(): Promise<readonly string[]> {
    return this.stopJob.findAsked(this.context());
  }

  private context() {
    return systemContext('cancellation', `cancel-${this.ids.next<string>()}`);
  }
}
