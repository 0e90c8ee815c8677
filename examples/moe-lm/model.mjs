import { addProduct, addProductTransposedLeft, addProductTransposedRight } from './matmul.mjs';

/**
 * A mixture-of-experts language model over poems of fixed length. For each place it sees a few earlier characters
 * (`offsets` back), mixes their embeddings into a vector x, lets a gate pick two of the experts, and predicts the next
 * character from y = x + Σ weight · expert(x), as p(class) · p(character | class), which is exact and cheap.
 */
export class MoeModel {
  /**
   * @param {{ vocabulary: number, classes: number, offsets: number[], poemLength: number, embedding: number, width: number,
   *   experts: number, hidden: number, balance: number, poemsMax: number }} config
   * `balance` weighs the load-balancing loss; `poemsMax` is the largest batch.
   * @param {{ normal(): number }} random
   * @param {Float32ArrayConstructor | Float64ArrayConstructor} ArrayType the precision of weights, gradients and buffers
   */
  constructor(config, random, ArrayType = Float32Array) {
    this.config = config;
    this.classSize = Math.ceil(config.vocabulary / config.classes);
    this.padding = config.vocabulary;
    const shapes = weightShapes(config);
    const size = Object.values(shapes).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
    this.weights = new ArrayType(size);
    this.gradients = new ArrayType(size);
    this.w = viewsOf(this.weights, shapes);
    this.g = viewsOf(this.gradients, shapes);
    this.work = workspace(config, this.classSize, ArrayType);
    for (const [name, [rows]] of Object.entries(shapes)) fillNormal(this.w[name], initialSpread(name, rows), random);
  }

  /**
   * Mean loss (nats a character) over whole poems, `poems` being their numbers in `text`. With `learn` it also fills
   * `gradients`, those of the loss plus the load-balancing loss. The gate's picks are in `work.load` afterwards.
   */
  run(text, poems, learn) {
    const { poemLength } = this.config;
    const places = poems.length * poemLength;
    poems.forEach((poem, b) => {
      for (let t = 0; t < poemLength; t++) this.#setInput(b * poemLength + t, text, poem * poemLength, t);
    });
    this.#forward(places);
    if (learn) this.gradients.fill(0);
    const loss = this.#predict(places, learn);
    if (learn) this.#backward(places);
    return loss / places;
  }

  /** The load-balancing loss of the last run (Shazeer 2017, Fedus 2021): experts · Σ share of picks · mean probability. */
  balanceLoss(places) {
    const { experts, balance } = this.config;
    const { load, gateProbability } = this.work;
    let sum = 0;
    for (let i = 0; i < places * experts; i++)
      sum += (load[i % experts] / (2 * places)) * (gateProbability[i] / places);
    return balance * experts * sum;
  }

  /**
   * Probabilities of the next character after `prefix`.
   * @param {ArrayLike<number>} prefix ids
   * @param {Float64Array} out one place for each character; it is what is returned
   */
  nextProbabilities(prefix, out) {
    this.#setInput(0, prefix, 0, prefix.length);
    this.#forward(1);
    const { classes } = this.config;
    const classLogits = this.#logits(this.work.y, 1, this.w.classOut, this.w.classBias, classes);
    softmaxRow(classLogits, 0, classes);
    const classProbability = Float64Array.from(classLogits.subarray(0, classes));
    for (let c = 0; c < classes; c++) {
      const { first, count, out: rows, bias } = this.#classView(this.w, c);
      const logits = this.#logits(this.work.y, 1, rows, bias, count);
      softmaxRow(logits, 0, count);
      for (let i = 0; i < count; i++) out[first + i] = classProbability[c] * logits[i];
    }
    return out;
  }

  #setInput(row, text, start, t) {
    const { offsets } = this.config;
    this.work.place[row] = t;
    this.work.target[row] = text[start + t] ?? 0;
    for (let k = 0; k < offsets.length; k++) {
      this.work.context[row * offsets.length + k] = t >= offsets[k] ? text[start + t - offsets[k]] : this.padding;
    }
  }

  #forward(places) {
    this.#mixContext(places);
    this.#gate(places);
    this.#dispatch(places);
    this.work.y.set(this.work.x.subarray(0, places * this.config.width));
    for (let e = 0; e < this.config.experts; e++) this.#runExpert(e);
  }

  /** x = concatenated embeddings · mix + the place's own vector */
  #mixContext(places) {
    const { offsets, embedding, width } = this.config;
    const { context, place, joined, x } = this.work;
    const { embed, mix, placeVector } = this.w;
    for (let i = 0; i < places * offsets.length; i++) {
      const from = context[i] * embedding;
      for (let d = 0; d < embedding; d++) joined[i * embedding + d] = embed[from + d];
    }
    for (let i = 0; i < places; i++) {
      for (let d = 0; d < width; d++) x[i * width + d] = placeVector[place[i] * width + d];
    }
    addProduct(x, joined, mix, places, offsets.length * embedding, width);
  }

  /** Gate probabilities over all experts; the two best are picked and weighed by a softmax over these two. */
  #gate(places) {
    const { experts, width } = this.config;
    const { x, gateProbability: p, pick, pickWeight, load } = this.work;
    p.fill(0, 0, places * experts);
    load.fill(0);
    addProductTransposedRight(p, x, this.w.gate, places, width, experts);
    for (let i = 0; i < places; i++) {
      softmaxRow(p, i * experts, experts);
      const [best, second] = topTwo(p, i * experts, experts);
      const sum = p[i * experts + best] + p[i * experts + second];
      pick[2 * i] = best;
      pick[2 * i + 1] = second;
      pickWeight[2 * i] = p[i * experts + best] / sum;
      pickWeight[2 * i + 1] = p[i * experts + second] / sum;
      load[best]++;
      load[second]++;
    }
  }

  /** Lays the picks out expert by expert: rows `start[e]` to `start[e + 1]`, each naming its pick (2 · place + 0 or 1). */
  #dispatch(places) {
    const { experts, width } = this.config;
    const { pick, load, start, rowPick, expertIn, x } = this.work;
    start[0] = 0;
    for (let e = 0; e < experts; e++) start[e + 1] = start[e] + load[e];
    const next = start.slice(0, experts);
    for (let s = 0; s < 2 * places; s++) {
      const row = next[pick[s]]++;
      rowPick[row] = s;
      copyRow(expertIn, row, x, s >> 1, width);
    }
  }

  #runExpert(e) {
    const { width, hidden } = this.config;
    const { rows, input, inner, output } = this.#expertRows(e);
    const { up, upBias, down, downBias } = this.#expertWeights(this.w, e);
    for (let r = 0; r < rows; r++) {
      inner.set(upBias, r * hidden);
      output.set(downBias, r * width);
    }
    addProduct(inner, input, up, rows, width, hidden);
    for (let i = 0; i < rows * hidden; i++) if (inner[i] < 0) inner[i] = 0;
    addProduct(output, inner, down, rows, hidden, width);
    const { start, rowPick, pickWeight, y } = this.work;
    for (let r = 0; r < rows; r++) {
      const s = rowPick[start[e] + r];
      addScaledRow(y, s >> 1, output, r, pickWeight[s], width);
    }
  }

  /** Sum of the losses of both levels; with `learn`, dy and the output layer's gradients. */
  #predict(places, learn) {
    const { width, classes } = this.config;
    const { y, dy, target, label, classRows, classIn, classInGradient } = this.work;
    if (learn) dy.fill(0, 0, places * width);
    for (let i = 0; i < places; i++) label[i] = Math.floor(target[i] / this.classSize);
    const byClass = groupRows(label, places, classes, classRows);
    let loss = this.#classify(
      y,
      dy,
      label,
      places,
      classes,
      this.#classLayer(this.w),
      this.#classLayer(this.g),
      places,
      learn,
    );
    for (let c = 0; c < classes; c++) {
      const rows = byClass[c + 1] - byClass[c];
      if (rows === 0) continue;
      const layer = this.#classView(this.w, c);
      for (let r = 0; r < rows; r++) {
        const i = classRows[byClass[c] + r];
        copyRow(classIn, r, y, i, width);
        label[r] = target[i] - layer.first;
      }
      if (learn) classInGradient.fill(0, 0, rows * width);
      loss += this.#classify(
        classIn,
        classInGradient,
        label,
        rows,
        layer.count,
        layer,
        this.#classView(this.g, c),
        places,
        learn,
      );
      if (learn)
        for (let r = 0; r < rows; r++) addScaledRow(dy, classRows[byClass[c] + r], classInGradient, r, 1, width);
    }
    return loss;
  }

  /** Softmax cross-entropy of `rows` inputs; gradients are divided by `places`, the size of the whole batch. */
  #classify(input, inputGradient, label, rows, count, layer, layerGradient, places, learn) {
    const { width } = this.config;
    const logits = this.#logits(input, rows, layer.out, layer.bias, count);
    let loss = 0;
    for (let r = 0; r < rows; r++) {
      softmaxRow(logits, r * count, count);
      loss -= Math.log(logits[r * count + label[r]]);
    }
    if (!learn) return loss;
    for (let r = 0; r < rows; r++) {
      logits[r * count + label[r]] -= 1;
      for (let c = 0; c < count; c++) layerGradient.bias[c] += logits[r * count + c] /= places;
    }
    addProduct(inputGradient, logits, layer.out, rows, count, width);
    addProductTransposedLeft(layerGradient.out, logits, input, count, rows, width);
    return loss;
  }

  #logits(input, rows, out, bias, count) {
    const { logits } = this.work;
    for (let r = 0; r < rows; r++) logits.set(bias, r * count);
    addProductTransposedRight(logits, input, out, rows, this.config.width, count);
    return logits;
  }

  #backward(places) {
    const { width, experts } = this.config;
    const { dx, dy } = this.work;
    dx.set(dy.subarray(0, places * width));
    for (let e = 0; e < experts; e++) this.#expertBackward(e);
    this.#gateBackward(places);
    this.#contextBackward(places);
  }

  #expertBackward(e) {
    const { width, hidden } = this.config;
    const { rows, input, inner, output } = this.#expertRows(e);
    const { up, down } = this.#expertWeights(this.w, e);
    const g = this.#expertWeights(this.g, e);
    const { start, rowPick, pickWeight, pickGradient, dy, dx, outputGradient, innerGradient, inputGradient } =
      this.work;
    for (let r = 0; r < rows; r++) {
      const s = rowPick[start[e] + r];
      pickGradient[s] = dotRows(dy, s >> 1, output, r, width);
      for (let d = 0; d < width; d++) {
        const gradient = pickWeight[s] * dy[(s >> 1) * width + d];
        outputGradient[r * width + d] = gradient;
        g.downBias[d] += gradient;
      }
    }
    innerGradient.fill(0, 0, rows * hidden);
    inputGradient.fill(0, 0, rows * width);
    addProductTransposedRight(innerGradient, outputGradient, down, rows, width, hidden);
    addProductTransposedLeft(g.down, inner, outputGradient, hidden, rows, width);
    for (let r = 0; r < rows; r++) {
      for (let h = 0; h < hidden; h++) {
        if (inner[r * hidden + h] === 0) innerGradient[r * hidden + h] = 0;
        g.upBias[h] += innerGradient[r * hidden + h];
      }
    }
    addProductTransposedRight(inputGradient, innerGradient, up, rows, hidden, width);
    addProductTransposedLeft(g.up, input, innerGradient, width, rows, hidden);
    for (let r = 0; r < rows; r++) addScaledRow(dx, rowPick[start[e] + r] >> 1, inputGradient, r, 1, width);
  }

  #gateBackward(places) {
    const { experts, width, balance } = this.config;
    const { gateProbability: p, gateGradient: dg, pick, pickWeight, pickGradient, load, x, dx } = this.work;
    for (let i = 0; i < places; i++) {
      let mean = 0;
      for (let e = 0; e < experts; e++) mean += p[i * experts + e] * load[e];
      const scale = (balance * experts) / (2 * places * places);
      for (let e = 0; e < experts; e++) dg[i * experts + e] = scale * p[i * experts + e] * (load[e] - mean);
      const between = pickWeight[2 * i] * pickWeight[2 * i + 1] * (pickGradient[2 * i] - pickGradient[2 * i + 1]);
      dg[i * experts + pick[2 * i]] += between;
      dg[i * experts + pick[2 * i + 1]] -= between;
    }
    addProduct(dx, dg, this.w.gate, places, experts, width);
    addProductTransposedLeft(this.g.gate, dg, x, experts, places, width);
  }

  #contextBackward(places) {
    const { offsets, embedding, width } = this.config;
    const { context, place, joined, joinedGradient, dx } = this.work;
    const joinedWidth = offsets.length * embedding;
    for (let i = 0; i < places; i++) addScaledRow(this.g.placeVector, place[i], dx, i, 1, width);
    addProductTransposedLeft(this.g.mix, joined, dx, joinedWidth, places, width);
    joinedGradient.fill(0, 0, places * joinedWidth);
    addProductTransposedRight(joinedGradient, dx, this.w.mix, places, width, joinedWidth);
    for (let i = 0; i < places * offsets.length; i++)
      addScaledRow(this.g.embed, context[i], joinedGradient, i, 1, embedding);
  }

  #classLayer(views) {
    return { out: views.classOut, bias: views.classBias };
  }

  /** The rows of the output layer that belong to class `c`. */
  #classView(views, c) {
    const { width, vocabulary } = this.config;
    const first = c * this.classSize;
    const end = Math.min(first + this.classSize, vocabulary);
    return {
      first,
      count: end - first,
      out: views.charOut.subarray(first * width, end * width),
      bias: views.charBias.subarray(first, end),
    };
  }

  #expertWeights(views, e) {
    const { width, hidden } = this.config;
    const slice = (view, size) => view.subarray(e * size, (e + 1) * size);
    return {
      up: slice(views.up, width * hidden),
      upBias: slice(views.upBias, hidden),
      down: slice(views.down, hidden * width),
      downBias: slice(views.downBias, width),
    };
  }

  #expertRows(e) {
    const { width, hidden } = this.config;
    const { start, expertIn, expertInner, expertOut } = this.work;
    return {
      rows: start[e + 1] - start[e],
      input: expertIn.subarray(start[e] * width, start[e + 1] * width),
      inner: expertInner.subarray(start[e] * hidden, start[e + 1] * hidden),
      output: expertOut.subarray(start[e] * width, start[e + 1] * width),
    };
  }
}

/** Rows and columns of every weight, in the order in which they lie in the flat array. */
function weightShapes({ vocabulary, classes, offsets, poemLength, embedding, width, experts, hidden }) {
  return {
    embed: [vocabulary + 1, embedding],
    mix: [offsets.length * embedding, width],
    placeVector: [poemLength, width],
    gate: [experts, width],
    up: [experts * width, hidden],
    upBias: [experts, hidden],
    down: [experts * hidden, width],
    downBias: [experts, width],
    classOut: [classes, width],
    classBias: [classes, 1],
    charOut: [vocabulary, width],
    charBias: [vocabulary, 1],
  };
}

function viewsOf(flat, shapes) {
  let from = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, [rows, columns]]) => {
      const view = flat.subarray(from, from + rows * columns);
      from += rows * columns;
      return [name, view];
    }),
  );
}

function initialSpread(name, rows) {
  const spreads = { embed: 0.5, placeVector: 0.1, gate: 0.05, up: 0.15, down: 0.05, classOut: 0.05, charOut: 0.05 };
  if (name === 'mix') return 1 / Math.sqrt(rows);
  return spreads[name] ?? 0;
}

function fillNormal(view, spread, random) {
  if (spread > 0) for (let i = 0; i < view.length; i++) view[i] = spread * random.normal();
}

/** Every buffer a run needs, made once. */
function workspace(config, classSize, ArrayType) {
  const { offsets, poemLength, embedding, width, experts, hidden, classes, poemsMax } = config;
  const places = poemsMax * poemLength;
  const real = (size) => new ArrayType(size);
  return {
    context: new Int32Array(places * offsets.length),
    place: new Int32Array(places),
    target: new Int32Array(places),
    label: new Int32Array(places),
    joined: real(places * offsets.length * embedding),
    joinedGradient: real(places * offsets.length * embedding),
    x: real(places * width),
    dx: real(places * width),
    y: real(places * width),
    dy: real(places * width),
    gateProbability: real(places * experts),
    gateGradient: real(places * experts),
    pick: new Int32Array(2 * places),
    pickWeight: real(2 * places),
    pickGradient: real(2 * places),
    load: new Int32Array(experts),
    start: new Int32Array(experts + 1),
    rowPick: new Int32Array(2 * places),
    expertIn: real(2 * places * width),
    expertInner: real(2 * places * hidden),
    expertOut: real(2 * places * width),
    outputGradient: real(2 * places * width),
    innerGradient: real(2 * places * hidden),
    inputGradient: real(2 * places * width),
    classRows: new Int32Array(places),
    classIn: real(places * width),
    classInGradient: real(places * width),
    logits: real(places * Math.max(classes, classSize)),
  };
}

/** Sorts row numbers by label into `rows`; returns where each label's run starts (and, last, where all end). */
function groupRows(label, count, labels, rows) {
  const start = new Int32Array(labels + 1);
  for (let i = 0; i < count; i++) start[label[i] + 1]++;
  for (let l = 0; l < labels; l++) start[l + 1] += start[l];
  const next = start.slice();
  for (let i = 0; i < count; i++) rows[next[label[i]]++] = i;
  return start;
}

function softmaxRow(values, from, count) {
  let max = -Infinity;
  for (let i = from; i < from + count; i++) if (values[i] > max) max = values[i];
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i] = Math.exp(values[i] - max);
  for (let i = from; i < from + count; i++) values[i] /= sum;
}

function topTwo(values, from, count) {
  let best = 0;
  let second = -1;
  for (let i = 1; i < count; i++) {
    if (values[from + i] > values[from + best]) [best, second] = [i, best];
    else if (second < 0 || values[from + i] > values[from + second]) second = i;
  }
  return [best, second];
}

function copyRow(to, toRow, from, fromRow, width) {
  for (let d = 0; d < width; d++) to[toRow * width + d] = from[fromRow * width + d];
}

function addScaledRow(to, toRow, from, fromRow, scale, width) {
  for (let d = 0; d < width; d++) to[toRow * width + d] += scale * from[fromRow * width + d];
}

function dotRows(a, aRow, b, bRow, width) {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += a[aRow * width + d] * b[bRow * width + d];
  return sum;
}
