import { describe, expect, it } from 'vitest';
import { addProduct, addProductTransposedLeft, addProductTransposedRight } from './matmul.mjs';
import { MoeModel } from './model.mjs';
import { Random } from './random.mjs';

const TINY = {
  vocabulary: 11,
  classes: 3,
  offsets: [1, 2, 4],
  poemLength: 6,
  embedding: 3,
  width: 5,
  experts: 4,
  hidden: 7,
  balance: 0.3,
  poemsMax: 3,
};
const POEMS = [0, 2, 1];

function tinyModel() {
  const random = Random.fromSeed(7);
  const model = new MoeModel(TINY, random, Float64Array);
  for (let i = 0; i < model.weights.length; i++) model.weights[i] = (model.weights[i] ?? NaN) + 0.3 * random.normal();
  const text = Uint16Array.from({ length: 18 }, () => Math.floor(random.uniform() * TINY.vocabulary));
  return { model, text };
}

describe('the model', () => {
  it('has the gradient that finite differences show, for every weight', () => {
    const { model, text } = tinyModel();
    const total = () => model.run(text, POEMS, false) + model.balanceLoss(18);
    model.run(text, POEMS, true);
    const gradients = Float64Array.from(model.gradients);
    const differences = gradients.map((_, i) => {
      const kept = model.weights[i] ?? NaN;
      model.weights[i] = kept + 1e-6;
      const above = total();
      model.weights[i] = kept - 1e-6;
      const below = total();
      model.weights[i] = kept;
      return (above - below) / 2e-6;
    });
    const worst = Math.max(...gradients.map((g, i) => Math.abs(g - (differences[i] ?? NaN))));
    expect(worst).toBeLessThan(1e-7);
    expect(gradients.filter((g) => Math.abs(g) > 1e-4).length).toBeGreaterThan(gradients.length / 2);
  });

  it('gives probabilities that sum to one and agree with the loss', () => {
    const { model, text } = tinyModel();
    let loss = 0;
    for (let t = 0; t < 6; t++) {
      const probabilities = model.nextProbabilities(text.slice(0, t), new Float64Array(TINY.vocabulary));
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      loss -= Math.log(probabilities[text[t] ?? NaN] ?? NaN) / 6;
    }
    expect(model.run(text, [0], false)).toBeCloseTo(loss, 12);
  });

  it('sends each place to two different experts', () => {
    const { model, text } = tinyModel();
    model.run(text, POEMS, false);
    const { pick, pickWeight, load } = model.work;
    for (let i = 0; i < 18; i++) {
      expect(pick[2 * i]).not.toBe(pick[2 * i + 1]);
      expect(pickWeight[2 * i] + pickWeight[2 * i + 1]).toBeCloseTo(1, 12);
    }
    expect([...load].reduce((sum, count) => sum + count, 0)).toBe(36);
  });
});

describe('the products', () => {
  it.each([
    [4, 3, 4],
    [9, 5, 7],
    [1, 8, 3],
    [6, 1, 10],
  ])('add what the definition gives for %i x %i by %i', (m, k, n) => {
    const random = Random.fromSeed(m * 100 + n);
    const make = (size: number) => Float64Array.from({ length: size }, () => random.normal());
    const transposed = (source: Float64Array, rows: number, columns: number) =>
      Float64Array.from(source, (_, i) => source[(i % rows) * columns + Math.floor(i / rows)] ?? NaN);
    const [a, b, before] = [make(m * k), make(k * n), make(m * n)];
    const wanted = before.map((value, at) => {
      let sum = value;
      for (let q = 0; q < k; q++) sum += (a[Math.floor(at / n) * k + q] ?? NaN) * (b[q * n + (at % n)] ?? NaN);
      return sum;
    });
    const results = [before.slice(), before.slice(), before.slice()] as const;
    addProduct(results[0], a, b, m, k, n);
    addProductTransposedRight(results[1], a, transposed(b, k, n), m, k, n);
    addProductTransposedLeft(results[2], transposed(a, m, k), b, m, k, n);
    for (const result of results) result.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 12));
  });
});
