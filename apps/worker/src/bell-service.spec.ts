import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BELLS, type BellHandler, type BellName, Metrics, type QueueBackend } from '#libs/platform';
import { BellService } from './bell-service.js';

/** Remembers what is served, so that a test can ring. */
class FakeQueues {
  private readonly served = new Map<BellName, (id: string) => Promise<void>>();

  serve(bell: BellName, handle: (id: string) => Promise<void>): void {
    this.served.set(bell, handle);
  }

  ring(bell: BellName, id: string): Promise<void> {
    const handle = this.served.get(bell);
    if (!handle) throw new Error(`nobody serves ${bell}`);
    return handle(id);
  }
}

/** Handles under the test's hand: each call waits until the test lets it go. */
class HeldHandler implements BellHandler {
  readonly sweepMs = 2000;
  readonly handled: string[] = [];
  missed: string[] = [];
  isHeld = false;
  private readonly held: (() => void)[] = [];

  constructor(readonly bell: BellName) {}

  async handle(id: string): Promise<void> {
    this.handled.push(id);
    if (id.startsWith('failing')) throw new Error(`${id} cannot be handled`);
    if (this.isHeld) await new Promise<void>((done) => this.held.push(done));
  }

  findMissed(): Promise<readonly string[]> {
    return Promise.resolve(this.missed);
  }

  letGo(): void {
    for (const go of this.held.splice(0)) go();
  }
}

function boot(handlers: readonly BellHandler[]): { service: BellService; queues: FakeQueues } {
  const queues = new FakeQueues();
  const service = new BellService(handlers, queues as unknown as QueueBackend, Metrics.ofProcess);
  service.onApplicationBootstrap();
  return { service, queues };
}

const allHandlers = () => BELLS.map((bell) => new HeldHandler(bell));

let handlers: HeldHandler[];
let handler: HeldHandler;
let service: BellService;
let queues: FakeQueues;

beforeEach(() => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
  handlers = allHandlers();
  handler = handlers[1]!;
  ({ service, queues } = boot(handlers));
});
afterEach(async () => {
  handler.letGo();
  await service.beforeApplicationShutdown();
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the boot of the worker', () => {
  it('stops where a bell has no handler, and names it', () => {
    expect(() => boot(allHandlers().slice(1))).toThrow(`no handler for the bells ${BELLS[0]}`);
  });

  it('stops where a bell has two handlers, and names it', () => {
    expect(() => boot([...allHandlers(), new HeldHandler(BELLS[2])])).toThrow(
      `the bell '${BELLS[2]}' has two handlers`,
    );
  });
});

describe('a bell', () => {
  it('rung while its handler runs is handled again, after it and never beside it', async () => {
    handler.isHeld = true;
    const first = queues.ring(handler.bell, 'a');
    const second = queues.ring(handler.bell, 'a');
    await settle();
    expect(handler.handled).toEqual(['a']);
    handler.letGo();
    await first;
    await settle();
    expect(handler.handled).toEqual(['a', 'a']);
    handler.letGo();
    await second;
  });

  it('of one id does not wait for another id', async () => {
    handler.isHeld = true;
    const ringing = [queues.ring(handler.bell, 'a'), queues.ring(handler.bell, 'b')];
    await settle();
    expect(handler.handled).toEqual(['a', 'b']);
    handler.letGo();
    await Promise.all(ringing);
  });

  it('whose handler failed says so to the queue, and is handled when it rings again', async () => {
    await expect(queues.ring(handler.bell, 'failing')).rejects.toThrow('failing cannot be handled');
    await expect(queues.ring(handler.bell, 'failing')).rejects.toThrow('failing cannot be handled');
    expect(handler.handled).toEqual(['failing', 'failing']);
  });

  it('rung while a failing handler runs is still handled after it', async () => {
    const first = queues.ring(handler.bell, 'failing').catch(() => 'failed');
    const second = queues.ring(handler.bell, 'failing').catch(() => 'failed');
    expect(await Promise.all([first, second])).toEqual(['failed', 'failed']);
    expect(handler.handled).toHaveLength(2);
  });
});

describe('the sweep', () => {
  it('handles what no bell announced, every two seconds', async () => {
    handler.missed = ['a', 'b'];
    await vi.advanceTimersByTimeAsync(1999);
    expect(handler.handled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(handler.handled).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(2000);
    expect(handler.handled).toEqual(['a', 'b', 'a', 'b']);
  });

  it('keeps no id waiting for one that fails', async () => {
    handler.missed = ['failing', 'a', 'failing too', 'b'];
    await vi.advanceTimersByTimeAsync(2000);
    expect(handler.handled).toEqual(handler.missed);
    handler.missed = ['c'];
    await vi.advanceTimersByTimeAsync(2000);
    expect(handler.handled).toContain('c');
  });

  it('goes on after it could not look', async () => {
    vi.spyOn(handler, 'findMissed').mockRejectedValueOnce(new Error('the database is away'));
    handler.missed = ['a'];
    await vi.advanceTimersByTimeAsync(4000);
    expect(handler.handled).toEqual(['a']);
  });

  it('leaves alone what is in hand, and does not start beside itself', async () => {
    handler.isHeld = true;
    handler.missed = ['a'];
    const look = vi.spyOn(handler, 'findMissed');
    await vi.advanceTimersByTimeAsync(6000);
    expect(handler.handled).toEqual(['a']);
    expect(look).toHaveBeenCalledTimes(1);
    handler.letGo();
    await settle();
    const ringing = queues.ring(handler.bell, 'a');
    await service.sweep(handler);
    expect(handler.handled).toEqual(['a', 'a']);
    handler.letGo();
    await ringing;
  });
});

describe('a stop', () => {
  it('waits for the handlers in hand, and takes nothing more', async () => {
    handler.isHeld = true;
    void queues.ring(handler.bell, 'a');
    await settle();
    const stopped = vi.fn();
    const stopping = service.beforeApplicationShutdown().then(stopped);
    handler.missed = ['missed'];
    await queues.ring(handler.bell, 'late');
    await vi.advanceTimersByTimeAsync(3000);
    expect(stopped).not.toHaveBeenCalled();
    handler.letGo();
    await stopping;
    expect(handler.handled).toEqual(['a']);
  });

  it('waits five seconds at most for a handler that hangs', async () => {
    handler.isHeld = true;
    void queues.ring(handler.bell, 'a');
    await settle();
    const stopped = vi.fn();
    void service.beforeApplicationShutdown().then(stopped);
    await vi.advanceTimersByTimeAsync(4999);
    expect(stopped).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(stopped).toHaveBeenCalledOnce();
  });
});
