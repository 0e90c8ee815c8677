import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The process's Prometheus registry; names are `yusuan_*` in base units. */
export class Metrics {
  /** One a process, also where API and worker share it. */
  static readonly ofProcess = new Metrics();

  readonly registry = new Registry();

  readonly requestSeconds = new Histogram({
    name: 'yusuan_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  });
  readonly bellSeconds = new Histogram({
    name: 'yusuan_bell_seconds',
    help: 'Time to handle a doorbell or what the sweep found',
    labelNames: ['bell', 'cause', 'outcome'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });
  readonly planSeconds = new Histogram({
    name: 'yusuan_scheduling_cycle_seconds',
    help: 'Time to plan once, from the snapshot to the last commit',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  });
  readonly planJobs = new Gauge({
    name: 'yusuan_planned_jobs',
    help: 'Jobs of the newest plan by what became of them',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly lostRaces = new Counter({
    name: 'yusuan_reservations_refused_total',
    help: 'Planned reservations that no longer fitted when they were committed',
    registers: [this.registry],
  });

  private constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
