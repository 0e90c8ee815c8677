import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { BELLS, type BellHandler, type BellName, Metrics, QueueBackend } from '#libs/platform';

export const BELL_HANDLERS = Symbol('BELL_HANDLERS');

/** How long a stop waits for handlers in hand; what is cut short is found by the next sweep. */
const DRAIN_MS = 5_000;

/**
 * Serves the queues and sweeps for what no bell announced. One id of one bell is handled once at a time in this
 * process, whoever asked; across processes the handlers' own locks and guarded updates decide.
 */
@Injectable()
export class BellService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Bells');
  private readonly handlers: ReadonlyMap<BellName, BellHandler>;
  private readonly inHand = new Map<string, Promise<void>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly sweeping = new Set<BellName>();
  private isStopping = false;

  constructor(
    @Inject(BELL_HANDLERS) handlers: readonly BellHandler[],
    private readonly queues: QueueBackend,
    private readonly metrics: Metrics,
  ) {
    this.handlers = oneHandlerEach(handlers);
  }

  onApplicationBootstrap(): void {
    for (const handler of this.handlers.values()) {
      this.queues.serve(handler.bell, (id) => this.handle(handler, id, 'bell'));
      this.timers.push(setInterval(() => void this.sweep(handler), handler.sweepMs));
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const timer of this.timers) clearInterval(timer);
    const drained = Promise.allSettled(this.inHand.values());
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
  }

  /** Handles what was missed. A failure of one id never keeps the others waiting. */
  async sweep(handler: BellHandler): Promise<void> {
    if (this.isStopping || this.sweeping.has(handler.bell)) return;
    this.sweeping.add(handler.bell);
    try {
      const missed = await handler.findMissed();
      await Promise.all(missed.map((id) => this.handle(handler, id, 'sweep').catch(() => undefined)));
    } catch (error) {
      this.logger.warn(`sweep of ${handler.bell}: ${(error as Error).message}`);
    } finally {
      this.sweeping.delete(handler.bell);
    }
  }

  private async handle(handler: BellHandler, id: string, cause: 'bell' | 'sweep'): Promise<void> {
    if (this.isStopping) return;
    const key = `${handler.bell}:${id}`;
    const running = this.inHand.get(key);
    if (running) {
      // The sweep comes again; a bell tells of a change that the running handler may have read before.
      if (cause === 'sweep') return;
      await running.catch(() => undefined);
      return this.handle(handler, id, cause);
    }
    const work = this.timed(handler, id, cause);
    this.inHand.set(key, work);
    try {
      await work;
    } finally {
      this.inHand.delete(key);
    }
  }

  private async timed(handler: BellHandler, id: string, cause: string): Promise<void> {
    const end = this.metrics.bellSeconds.startTimer({ bell: handler.bell, cause });
    try {
      await handler.handle(id);
      end({ outcome: 'done' });
    } catch (error) {
      end({ outcome: 'failed' });
      this.logger.error(`${handler.bell} ${id}: ${(error as Error).message}`, (error as Error).stack);
      throw error;
    }
  }
}

/** The boot proves the wiring: every bell has one handler, or the process does not start. */
function oneHandlerEach(handlers: readonly BellHandler[]): ReadonlyMap<BellName, BellHandler> {
  const byBell = new Map<BellName, BellHandler>();
  for (const handler of handlers) {
    if (byBell.has(handler.bell)) throw new Error(`the bell '${handler.bell}' has two handlers`);
    byBell.set(handler.bell, handler);
  }
  const unheard = BELLS.filter((bell) => !byBell.has(bell));
  if (unheard.length > 0) throw new Error(`no handler for the bells ${unheard.join(', ')}: add it to BELL_HANDLERS`);
  return byBell;
}
