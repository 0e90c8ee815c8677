const BETA1 = 0.9;
const BETA2 = 0.99;
const EPSILON = 1e-8;

/** Adam (Kingma and Ba 2015) over one flat array of weights; the moments are part of the checkpoint. */
export class Adam {
  constructor(size, ArrayType) {
    this.first = new ArrayType(size);
    this.second = new ArrayType(size);
  }

  /** One update. `step` counts from 1. */
  update(weights, gradients, step, learningRate) {
    const { first, second } = this;
    const rate = (learningRate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
    for (let i = 0; i < weights.length; i++) {
      const g = gradients[i];
      const m = (first[i] += (1 - BETA1) * (g - first[i]));
      const v = (second[i] += (1 - BETA2) * (g * g - second[i]));
      weights[i] -= (rate * m) / (Math.sqrt(v) + EPSILON);
    }
  }
}

/** Linear warm-up over the first tenth (at most 40 steps), then half a cosine down to a twentieth of the peak. */
export function learningRateAt(step, of, peak) {
  const warmUp = Math.max(1, Math.min(40, Math.floor(of / 10)));
  if (step <= warmUp) return (peak * step) / warmUp;
  const done = (step - warmUp) / Math.max(1, of - warmUp);
  return peak * (0.05 + 0.95 * 0.5 * (1 + Math.cos(Math.PI * done)));
}
