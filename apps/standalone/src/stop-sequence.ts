import { Logger } from '@nestjs/common';

/** Steps of a stop have a deadline each, so that one that hangs does not take the others' time. */
const STEP_DEADLINE_MS: Readonly<Record<string, number>> = { worker: 6_000, api: 4_000, ops: 300, database: 2_700 };

/** Closes what was opened, the last first. API and worker drain side by side: together they stay within ten seconds. */
export class StopSequence {
  private readonly logger = new Logger('Stop');
  private readonly steps = new Map<string, () => Promise<void>>();

  add(name: keyof typeof STEP_DEADLINE_MS, close: () => Promise<void>): void {
    this.steps.set(name, close);
  }

  async stop(): Promise<void> {
    await Promise.all(['worker', 'api'].map((name) => this.run(name)));
    await this.run('ops');
    await this.run('database');
  }

  private async run(name: string): Promise<void> {
    const close = this.steps.get(name);
    if (!close) return;
    this.steps.delete(name);
    const deadline = new Promise<'late'>((resolve) =>
      setTimeout(() => resolve('late'), STEP_DEADLINE_MS[name]).unref(),
    );
    try {
      if ((await Promise.race([close(), deadline])) === 'late') this.logger.warn(`${name} did not close in time`);
    } catch (error) {
      this.logger.warn(`${name} did not close cleanly: ${(error as Error).message}`);
    }
  }
}
