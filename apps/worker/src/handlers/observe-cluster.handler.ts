import { Injectable } from '@nestjs/common';
import { ObserveClusterService } from '#libs/execution';
import type { ClusterId } from '#libs/kernel';
import { BellHandler, IdSource, systemContext } from '#libs/platform';

@Injectable()
export class ObserveClusterHandler extends BellHandler {
  readonly bell = 'observe-cluster';
  /** No bell tells what a cluster's processes do: this is the poll. */
  override readonly sweepMs = 500;

  constructor(
    private readonly observation: ObserveClusterService,
    private readonly ids: IdSource,
  ) {
    super();
  }

  async handle(id: string): Promise<void> {
    await this.observation.execute(this.context(), id as ClusterId);
  }

  async findMissed(): Promise<readonly string[]> {
    return this.observation.findClusters(this.context());
  }

  private context() {
    return systemContext('observation', `observe-${this.ids.next<string>()}`);
  }
}
