import { Injectable } from '@nestjs/common';
import { DispatchSegmentService } from '#libs/execution';
import type { SegmentId } from '#libs/kernel';
import { BellHandler, IdSource, systemContext } from '#libs/platform';

@Injectable()
export class DispatchSegmentHandler extends BellHandler {
  readonly bell = 'dispatch-segment';

  constructor(
    private readonly dispatch: DispatchSegmentService,
    private readonly ids: IdSource,
  ) {
    super();
  }

  async handle(id: string): Promise<void> {
    await this.dispatch.execute(this.context(), id as SegmentId);
  }

  async findMissed(): Promise<readonly string[]> {
    return this.dispatch.findDue(this.context());
  }

  private context() {
    return systemContext('dispatch', `dispatch-${this.ids.next<string>()}`);
  }
}
