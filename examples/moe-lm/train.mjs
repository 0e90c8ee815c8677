// Trains the model and keeps to the broker's contract: see README.md.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint, waitUntilCollected, writeCheckpoint } from './checkpoint.mjs';
import { evaluate, writePoem } from './evaluate.mjs';
import { Random } from './random.mjs';
import { Progress, reportResult } from './report.mjs';
import { Requests } from './requests.mjs';
import { isLastRequest, readSettings } from './settings.mjs';
import { TrainingRun } from './training-run.mjs';

const EXIT_CHECKPOINTED = 85;
const EXIT_TERMINATED = 143;
const EXIT_UNUSABLE = 2;
const COLLECTION_SECONDS_MAX = 2;
const SAMPLES = 4;
const SAMPLE_TEMPERATURE = 0.7;

class Stopped extends Error {
  constructor(exitCode) {
    super('stopped');
    this.exitCode = exitCode;
  }
}

async function main(settings, requests) {
  const run = new TrainingRun(settings);
  if (settings.resume) resume(run, settings);
  console.log(
    `${run.model.weights.length} weights; ${run.step === 0 ? 'starts' : 'goes on'} after step ${run.step} of ${run.of}`,
  );
  await train(run, settings, requests);
  const result = await measure(run, settings, requests);
  if (settings.keepFinal) await save(run, settings);
  reportResult(result, settings.outputDir);
}

function resume(run, { checkpointDir }) {
  if (!checkpointDir) throw new Error('YUSUAN_RESUME is 1 but YUSUAN_CHECKPOINT_DIR is not set');
  const latest = join(checkpointDir, 'latest');
  if (!existsSync(latest)) throw new Error(`YUSUAN_RESUME is 1 but there is no checkpoint at ${latest}`);
  run.restore(readCheckpoint(latest, run.snapshot().arrays));
}

async function train(run, settings, requests) {
  const progress = new Progress(settings.progressFile, settings.progressEvery, run.of);
  for (let isFirst = true; run.step < run.of; isFirst = false) {
    const loss = run.advance();
    progress.note(run.step, loss, isFirst);
    await answer(run, settings, requests, progress);
  }
}

/** Does what signals asked for: a checkpoint, after which the run goes on or, where the end is near, stops. */
async function answer(run, settings, requests, progress) {
  const asked = await requests.take();
  if (!asked.checkpoint) return;
  progress?.flush(run.step);
  const stops = asked.stop || isLastRequest(Date.now() / 1000, settings.deadline, settings.stopMarginSeconds);
  const isSaved = await save(run, settings);
  if (stops) throw new Stopped(isSaved ? EXIT_CHECKPOINTED : EXIT_TERMINATED);
}

async function save(run, { checkpointDir }) {
  if (!checkpointDir) return false;
  await waitUntilCollected(checkpointDir, COLLECTION_SECONDS_MAX);
  writeCheckpoint(checkpointDir, run.snapshot());
  console.log(`checkpoint after step ${run.step}`);
  return true;
}

async function measure(run, settings, requests) {
  const poemCount = run.heldOut.length / run.model.config.poemLength;
  const heldOut = await finish(evaluate(run.model, run.heldOut, poemCount), run, settings, requests);
  const training = await finish(evaluate(run.model, run.training, poemCount), run, settings, requests);
  const random = Random.fromSeed(settings.seed + 1);
  return {
    steps: run.step,
    trainLoss: rounded(training.loss),
    heldOutLoss: rounded(heldOut.loss),
    unigramLoss: rounded(run.unigramLoss()),
    expertShare: heldOut.expertShare.map(rounded),
    samples: Array.from({ length: SAMPLES }, () => writePoem(run.model, run.vocabulary, random, SAMPLE_TEMPERATURE)),
  };
}

/** Drives an evaluation to its end; a request that comes meanwhile is answered, and costs no step when resumed. */
async function finish(evaluation, run, settings, requests) {
  for (;;) {
    const { done, value } = evaluation.next();
    if (done) return value;
    await answer(run, settings, requests);
  }
}

function rounded(value) {
  return Number(value.toFixed(4));
}

try {
  const settings = readSettings(process.env);
  await main(settings, new Requests().listen(settings.signal));
} catch (error) {
  if (!(error instanceof Stopped)) console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof Stopped ? error.exitCode : EXIT_UNUSABLE;
}
