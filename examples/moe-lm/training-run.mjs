import { Adam, learningRateAt } from './adam.mjs';
import { LINE_LENGTH, POEM_LENGTH, PoemStream, readPoems, unigramLoss, Vocabulary } from './data.mjs';
import { MoeModel } from './model.mjs';
import { Random } from './random.mjs';

const PEAK_LEARNING_RATE = 0.015;
const POEMS_PER_STEP = 8;
const MODEL = {
  vocabulary: 1792,
  classes: 32,
  offsets: [1, 2, 3, LINE_LENGTH, 2 * LINE_LENGTH],
  poemLength: POEM_LENGTH,
  embedding: 24,
  width: 48,
  experts: 8,
  hidden: 64,
  balance: 0.02,
  poemsMax: POEMS_PER_STEP,
};

/** All that a training run holds: what changes from step to step is exactly what `snapshot` hands out. */
export class TrainingRun {
  constructor({ dataFile, steps, seed }) {
    const poems = readPoems(dataFile);
    this.of = steps;
    this.seed = seed;
    this.vocabulary = new Vocabulary(poems.training, MODEL.vocabulary);
    this.training = this.vocabulary.encode(poems.training);
    this.heldOut = this.vocabulary.encode(poems.heldOut);
    this.random = Random.fromSeed(seed);
    this.model = new MoeModel({ ...MODEL, vocabulary: this.vocabulary.size }, this.random);
    this.adam = new Adam(this.model.weights.length, Float32Array);
    this.stream = new PoemStream(poems.training.length, this.random);
    this.step = 0;
  }

  /** One step; returns the batch's mean loss in nats a character. */
  advance() {
    this.step++;
    const loss = this.model.run(this.training, this.stream.take(POEMS_PER_STEP), true);
    this.adam.update(
      this.model.weights,
      this.model.gradients,
      this.step,
      learningRateAt(this.step, this.of, PEAK_LEARNING_RATE),
    );
    return loss;
  }

  /** The whole state between two steps, by reference: write it before the next step. */
  snapshot() {
    const { step, of, seed, stream } = this;
    return {
      header: { step, of, seed, cursor: stream.cursor, epoch: stream.epoch, model: this.model.config },
      arrays: {
        weights: this.model.weights,
        'adam-first': this.adam.first,
        'adam-second': this.adam.second,
        random: this.random.state,
        order: stream.order,
      },
    };
  }

  /** Goes on from a snapshot's header, its arrays having been filled in place. */
  restore(header) {
    const { of, seed, model } = this.snapshot().header;
    const fits = header.of === of && header.seed === seed && JSON.stringify(header.model) === JSON.stringify(model);
    if (!fits)
      throw new Error(
        `The checkpoint is of another run (${header.of} steps, seed ${header.seed}), not of this one (${of} steps, seed ${seed})`,
      );
    this.step = header.step;
    this.stream.cursor = header.cursor;
    this.stream.epoch = header.epoch;
  }

  unigramLoss() {
    return unigramLoss(this.training, this.heldOut, this.vocabulary.size);
  }
}
