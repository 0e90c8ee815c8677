import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const DATA = join(import.meta.dirname, 'data', 'tang-quatrains.txt');
const SIGNAL_DEFAULT = 'USR1';

/** What the program reads from its environment; every part of the broker's contract may be absent. */
export function readSettings(env) {
  const progressFile = env.YUSUAN_PROGRESS_FILE || null;
  return {
    dataFile: DATA,
    steps: wholeNumber(env, 'MOE_STEPS', 1400),
    seed: wholeNumber(env, 'MOE_SEED', 1),
    progressEvery: Math.max(1, wholeNumber(env, 'MOE_PROGRESS_EVERY', 5)),
    stopMarginSeconds: wholeNumber(env, 'MOE_STOP_MARGIN_SECONDS', 10),
    keepFinal: env.MOE_KEEP_FINAL === '1',
    signal: signalName(env.YUSUAN_SIGNAL || SIGNAL_DEFAULT),
    checkpointDir: env.YUSUAN_CHECKPOINT_DIR || null,
    resume: env.YUSUAN_RESUME === '1',
    deadline: env.YUSUAN_DEADLINE ? wholeNumber(env, 'YUSUAN_DEADLINE', 0) : null,
    progressFile,
    outputDir: env.YUSUAN_OUTPUT_DIR || (progressFile ? dirname(progressFile) : null),
  };
}

/**
 * Whether a request for a checkpoint that comes at `now` is the segment's last: its end is nearer than twice the margin.
 * Both instants in Unix seconds; without a deadline no request is the last.
 */
export function isLastRequest(now, deadline, marginSeconds) {
  return deadline !== null && deadline - now < 2 * marginSeconds;
}

function wholeNumber(env, name, otherwise) {
  if (env[name] === undefined || env[name] === '') return otherwise;
  if (!/^\d{1,10}$/.test(env[name])) throw new Error(`${name} must be a whole number, not "${env[name]}"`);
  return Number(env[name]);
}

function signalName(text) {
  const name = text.startsWith('SIG') ? text : `SIG${text}`;
  if (!(name in constants.signals)) throw new Error(`YUSUAN_SIGNAL names no signal: "${text}"`);
  return name;
}
