import { LINE_LENGTH, POEM_LENGTH } from './data.mjs';

/**
 * Yields after each batch so that the caller can look at signals; returns the mean loss (nats a character) over the
 * first `poemCount` poems of `text` and the share of the gate's picks that each expert got.
 */
export function* evaluate(model, text, poemCount) {
  const { poemsMax, experts } = model.config;
  const picks = new Array(experts).fill(0);
  let loss = 0;
  for (let first = 0; first < poemCount; first += poemsMax) {
    const poems = Array.from({ length: Math.min(poemsMax, poemCount - first) }, (_, i) => first + i);
    loss += model.run(text, poems, false) * poems.length;
    model.work.load.forEach((count, expert) => (picks[expert] += count));
    yield;
  }
  const total = picks.reduce((sum, count) => sum + count, 0);
  return { loss: loss / poemCount, expertShare: picks.map((count) => count / total) };
}

/** One poem, drawn character by character; `temperature` below 1 prefers likely characters. */
export function writePoem(model, vocabulary, random, temperature) {
  const ids = [];
  const probabilities = new Float64Array(vocabulary.size);
  while (ids.length < POEM_LENGTH) {
    model.nextProbabilities(ids, probabilities);
    probabilities[vocabulary.unknown] = 0;
    for (let i = 0; i < probabilities.length; i++) probabilities[i] **= 1 / temperature;
    ids.push(draw(probabilities, random));
  }
  return punctuate(ids.map((id) => vocabulary.characters[id]));
}

function draw(weights, random) {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return weights.indexOf(Math.max(...weights));
}

function punctuate(characters) {
  const ends = ['，', '。', '，', '。'];
  return ends.map((end, i) => characters.slice(i * LINE_LENGTH, (i + 1) * LINE_LENGTH).join('') + end).join('');
}
