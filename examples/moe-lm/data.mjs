import { readFileSync } from 'node:fs';

export const POEM_LENGTH = 28;
export const LINE_LENGTH = 7;
const HELD_OUT_EVERY = 20;

/** The poems as strings of 28 characters, one in twenty held out. */
export function readPoems(path) {
  const poems = readFileSync(path, 'utf8').trim().split('\n');
  const texts = poems.map((poem) => [...poem.replaceAll(' ', '')]);
  return {
    training: texts.filter((_, i) => i % HELD_OUT_EVERY !== 0),
    heldOut: texts.filter((_, i) => i % HELD_OUT_EVERY === 0),
  };
}

/**
 * The `size - 1` most frequent characters of the training poems and, last, one that stands for all others. Ids are in
 * order of frequency, so that each class of the output layer (a run of ids) holds characters of about the same frequency.
 */
export class Vocabulary {
  constructor(poems, size) {
    const counts = new Map();
    for (const character of poems.flat()) counts.set(character, (counts.get(character) ?? 0) + 1);
    const ranked = [...counts].sort(([a, x], [b, y]) => y - x || a.codePointAt(0) - b.codePointAt(0));
    this.characters = [...ranked.slice(0, size - 1).map(([character]) => character), '□'];
    this.ids = new Map(this.characters.map((character, id) => [character, id]));
    this.size = this.characters.length;
    this.unknown = this.size - 1;
  }

  encode(poems) {
    return Uint16Array.from(poems.flat(), (character) => this.ids.get(character) ?? this.unknown);
  }
}

/** Mean negative log-likelihood (nats a character) of `target` under the character counts of `source`, plus one each. */
export function unigramLoss(source, target, vocabularySize) {
  const counts = new Float64Array(vocabularySize).fill(1);
  for (const id of source) counts[id]++;
  const total = source.length + vocabularySize;
  let loss = 0;
  for (const id of target) loss -= Math.log(counts[id] / total);
  return loss / target.length;
}

/** Walks through the poems in a new random order each epoch. Order, cursor and epoch are part of the checkpoint. */
export class PoemStream {
  constructor(poemCount, random) {
    this.random = random;
    this.order = Uint32Array.from({ length: poemCount }, (_, i) => i);
    this.cursor = poemCount;
    this.epoch = 0;
  }

  /** The next `count` poem numbers. */
  take(count) {
    return Array.from({ length: count }, () => this.#next());
  }

  #next() {
    if (this.cursor === this.order.length) {
      this.random.shuffle(this.order);
      this.cursor = 0;
      this.epoch++;
    }
    return this.order[this.cursor++];
  }
}
