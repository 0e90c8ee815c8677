import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Counts steps and keeps to the contract of a job that can be cut: writes its step on the signal, exits with 85 where its
 * segment's end is near or it is told to go. Each start, step and signal leaves a line that nothing takes back.
 */
const SCRIPT = `#!/bin/bash
step=0
[[ $YUSUAN_RESUME == 1 ]] && step=$(< "$YUSUAN_CHECKPOINT_DIR/latest/step")
asked='' stops=''
trap 'asked=1; echo "$YUSUAN_SEGMENT_ID" >> "$TRACES/signals"' USR1
trap 'asked=1 stops=1' TERM
echo "$YUSUAN_SEGMENT_ID" >> "$TRACES/starts"
while ((step < STEPS)); do
  sleep 0.2
  step=$((step + 1))
  echo "$step" >> "$TRACES/steps"
  echo "{\\"step\\":$step,\\"of\\":$STEPS}" >> "$YUSUAN_PROGRESS_FILE"
  [[ -n $asked ]] || continue
  asked=''
  printf -v now '%(%s)T' -1
  ((YUSUAN_DEADLINE - now <= LAST_SECONDS)) && stops=1
  mkdir -p "$YUSUAN_CHECKPOINT_DIR/new"
  echo "$step" > "$YUSUAN_CHECKPOINT_DIR/new/step"
  : > "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE"
  [[ -n $stops ]] && exit 85
done
exit 0
`;

/** A signal that comes this near the segment's end is the last one: longer than any lead before the end of these clusters. */
const LAST_SECONDS = 7;

/** A job whose doings can be counted from outside, whatever becomes of the broker. */
export class TracedJob {
  private readonly folder: string;

  constructor(
    parent: string,
    readonly name: string,
    readonly steps: number,
  ) {
    this.folder = join(parent, name);
    mkdirSync(this.folder);
    // Jobs may run as another user.
    chmodSync(this.folder, 0o777);
  }

  get run(): { readonly script: string; readonly env: Record<string, string> } {
    return {
      script: SCRIPT,
      env: { TRACES: this.folder, STEPS: String(this.steps), LAST_SECONDS: String(LAST_SECONDS) },
    };
  }

  /** The segment of each start of the script. */
  starts(): string[] {
    return this.lines('starts');
  }

  /** Every step that was done, in the order in which they were. */
  stepsDone(): number[] {
    return this.lines('steps').map(Number);
  }

  /** The segment of each signal that came. */
  signals(): string[] {
    return this.lines('signals');
  }

  private lines(file: string): string[] {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }
}
