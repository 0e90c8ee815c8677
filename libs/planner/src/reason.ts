import type { EpochSeconds } from '#libs/kernel';

/** Why a job waits: the closed list of the design, section 5. */
export const REASON_CODES = [
  'Priority',
  'Resources',
  'WindowTooShort',
  'NoSuchDevice',
  'BeginTime',
  'Dependency',
  'DependencyNeverSatisfied',
  'ArrayTaskLimit',
  'BudgetLimit',
  'QuotaLimit',
  'MaxCost',
  'DeadlineImpossible',
  'CenterNotAllowed',
  'JobHeldUser',
  'JobHeldAdmin',
  'CenterDown',
  'Preempted',
  'WindowEnd',
  'ReclaimNotice',
  'WaitingCheckpoint',
  'BeyondHorizon',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

export interface Reason {
  readonly code: ReasonCode;
  /** One sentence with the figures in it, for people. */
  readonly message: string;
  /** The same figures for programs: seconds, Unix seconds, counts, and decimals as text. */
  readonly figures: Readonly<Record<string, number | string>>;
}

/** `2026-11-23T12:00:00Z`. */
export function formatInstant(at: EpochSeconds): string {
  return `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
}

/** `1 d 6 h`, `45 min`, `90 s`: at most two units, so exact only for what people ask for. */
export function formatSpan(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const parts: string[] = [];
  let left = Math.max(0, Math.round(seconds));
  for (const [name, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

export function countNodes(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}
