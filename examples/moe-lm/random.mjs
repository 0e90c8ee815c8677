/** sfc32: small, fast, and its whole state is four 32-bit words, which go into the checkpoint. */
export class Random {
  /** @param {ArrayLike<number>} state four unsigned 32-bit words */
  constructor(state) {
    this.state = Uint32Array.from(state);
  }

  static fromSeed(seed) {
    const random = new Random([seed >>> 0, 0x9e3779b9, 0x243f6a88, 1]);
    for (let i = 0; i < 15; i++) random.nextWord();
    return random;
  }

  nextWord() {
    const s = this.state;
    const word = (s[0] + s[1] + s[3]) >>> 0;
    s[3]++;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + word;
    return word;
  }

  /** In [0, 1). */
  uniform() {
    return this.nextWord() / 4294967296;
  }

  /** Standard normal (Box-Muller). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher-Yates, in place. */
  shuffle(items) {
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
