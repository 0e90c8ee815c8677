import { randomUUID } from 'node:crypto';
import { asId, type EpochSeconds, type JobId, type SegmentId } from '#libs/kernel';
import type { AttemptSpec, Connector, ObservedAttempt } from '../connector.js';

export function secondsNow(): EpochSeconds {
  return Math.floor(Date.now() / 1000);
}

export function newJobId(): JobId {
  return asId<JobId>(randomUUID());
}

/** An attempt with a token of its own, startable at once, a minute to run. */
export function attemptSpec(script: string, changes: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    token: `ys-${randomUUID().replaceAll('-', '').slice(0, 26)}`,
    jobId: newJobId(),
    segmentId: asId<SegmentId>(randomUUID()),
    fence: 1,
    script,
    env: {},
    nodes: 1,
    devicesPerNode: 8,
    beginAt: secondsNow(),
    endBy: secondsNow() + 120,
    timeLimitSeconds: 60,
    checkpoint: null,
    graceSeconds: 1,
    ...changes,
  };
}

/** Asks again until there is an answer that is neither null, undefined nor false. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  patienceMs = 20_000,
): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`not seen within ${patienceMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export function untilEnded(connector: Connector, token: string, patienceMs?: number): Promise<ObservedAttempt> {
  const ended = async () => {
    const seen = await connector.find(token);
    return seen?.state === 'ended' && seen;
  };
  return until(`the end of ${token}`, ended, patienceMs);
}

export async function readWholeLog(connector: Connector, token: string): Promise<string> {
  let text = '';
  let offset = 0;
  for (;;) {
    const chunk = await connector.readLog(token, { offset, limit: 4096 });
    text += chunk.text;
    if (chunk.eof || chunk.nextOffset === offset) return text;
    offset = chunk.nextOffset;
  }
}

/**
 * A program that counts, and on USR1 writes its count as a checkpoint and goes on, or exits with 85 where `then` says
 * so. It resumes at the count that it finds.
 */
export function checkpointScript(then: 'goOn' | 'exit85', from = 0): string {
  return `
count=${from}
if [ "$YUSUAN_RESUME" = 1 ]; then count=$(cat "$YUSUAN_CHECKPOINT_DIR/latest/state/count"); echo "resumed at $count"; fi
save() {
  while [ -e "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE" ]; do sleep 0.05; done
  mkdir -p "$YUSUAN_CHECKPOINT_DIR/new/state"
  echo "$count" > "$YUSUAN_CHECKPOINT_DIR/new/state/count"
  : > "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE"
  echo "saved $count"
  ${then === 'exit85' ? 'exit 85' : ':'}
}
trap save USR1
echo ready
while true; do count=$((count + 1)); sleep 0.05; done
`;
}
