import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Appends progress as JSON lines, each with the mean loss since the line before. */
export class Progress {
  #lossSum = 0;
  #steps = 0;

  constructor(file, every, of) {
    Object.assign(this, { file, every, of });
  }

  /** Notes a step; writes a line at each `every`th step, the last of all, and where `isFirst` of a segment. */
  note(step, loss, isFirst) {
    this.#lossSum += loss;
    this.#steps++;
    if (isFirst || step % this.every === 0 || step === this.of) this.flush(step);
  }

  /** Writes the line of `step` now, unless it stands already. */
  flush(step) {
    if (this.#steps === 0) return;
    const loss = Number((this.#lossSum / this.#steps).toFixed(4));
    if (this.file) appendFileSync(this.file, JSON.stringify({ step, of: this.of, loss }) + '\n');
    if (step % 100 === 0 || step === this.of) console.log(`step ${step} of ${this.of}, loss ${loss}`);
    this.#lossSum = 0;
    this.#steps = 0;
  }
}

/** The result goes to stdout as one line and, where there is a folder for it, to `result.json` in one piece. */
export function reportResult(result, outputDir) {
  if (outputDir) {
    mkdirSync(outputDir, { recursive: true });
    const partial = join(outputDir, `result.json.${process.pid}`);
    writeFileSync(partial, JSON.stringify(result, null, 2) + '\n');
    renameSync(partial, join(outputDir, 'result.json'));
  }
  console.log(`RESULT ${JSON.stringify(result)}`);
}
