import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { systemContext, TransactionRunner } from '#libs/platform';

/** Ready while the database answers and nobody has asked the process to stop. */
@Injectable()
export class Readiness implements BeforeApplicationShutdown {
  private isStopping = false;

  constructor(private readonly transactions: TransactionRunner) {}

  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  /** @throws with the reason while requests should go elsewhere */
  async check(): Promise<void> {
    if (this.isStopping) throw new Error('stopping');
    await this.transactions.run(systemContext('readiness', randomUUID()), () => Promise.resolve());
  }
}
