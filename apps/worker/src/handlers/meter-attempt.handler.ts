import { Injectable } from '@nestjs/common';
import { MeterAttemptService } from '#libs/accounting';
import type { AttemptId } from '#libs/kernel';
import { BellHandler, IdSource, systemContext } from '#libs/platform';

@Injectable()
export class MeterAttemptHandler extends BellHandler {
  readonly bell = 'meter-attempt';

  constructor(
    private readonly meter: MeterAttemptService,
    private readonly ids: IdSource,
  ) {
    super();
  }

  async handle(id: string): Promise<void> {
    await this.meter.execute(this.context(), id as AttemptId);
  }

  async findMissed(): Promise<readonly string[]> {
    return this.meter.findOpen(this.context());
  }

  private context() {
    return systemContext('meter', `meter-${this.ids.next<string>()}`);
  }
}
