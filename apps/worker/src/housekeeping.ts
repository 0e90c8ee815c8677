import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { IdempotencyStore, systemContext } from '#libs/platform';

const EVERY_MS = 600_000;

/** Deletes what binds nobody any more, so that nothing grows for ever. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Housekeeping');
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly idempotency: IdempotencyStore) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tidy(), EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private async tidy(): Promise<void> {
    try {
      await this.idempotency.forgetExpired(systemContext('housekeeping', 'tick'));
    } catch (error) {
      this.logger.warn(`expired idempotency keys stay for now: ${(error as Error).message}`);
    }
  }
}
