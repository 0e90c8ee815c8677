/** What signals asked for since it was last looked at. A request is kept until the current step is done. */
export class Requests {
  checkpoint = false;
  stop = false;

  /** Listens from now on: `signal` asks for a checkpoint, SIGTERM for a checkpoint and the end. */
  listen(signal) {
    process.on(signal, () => (this.checkpoint = true));
    process.on('SIGTERM', () => (this.stop = true));
    return this;
  }

  /** Lets signals that are waiting be delivered, then hands over what was asked and forgets it. */
  async take() {
    await new Promise((resolve) => setImmediate(resolve));
    const taken = { checkpoint: this.checkpoint || this.stop, stop: this.stop };
    this.checkpoint = false;
    this.stop = false;
    return taken;
  }
}
