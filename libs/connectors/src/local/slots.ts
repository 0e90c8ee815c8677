import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ConnectorRejectedError } from '../connectors.errors.js';

/**
 * The nodes of a local cluster: one file a slot that is taken, with its attempt's token in it. A link either makes the
 * file or fails, so two brokers cannot take one slot.
 */
export class Slots {
  constructor(
    private readonly folder: string,
    private readonly count: number,
  ) {}

  /** The names of the slots that a token holds, in order. */
  async heldBy(token: string): Promise<string[]> {
    return (await this.taken()).filter((slot) => slot.token === token).map((slot) => slot.name);
  }

  async holders(): Promise<Set<string>> {
    return new Set((await this.taken()).map((slot) => slot.token));
  }

  /**
   * Holds `nodes` slots, those counted that the token holds already.
   * @throws ConnectorRejectedError, nothing held, where there are too few
   */
  async take(token: string, nodes: number): Promise<string[]> {
    const held = await this.heldBy(token);
    for (const name of this.names()) {
      if (held.length >= nodes) break;
      if (!held.includes(name) && (await this.takeOne(token, name))) held.push(name);
    }
    if (held.length >= nodes) return held;
    await this.release(token);
    throw new ConnectorRejectedError(`${nodes} nodes asked for, ${held.length} of ${this.count} are free`, {
      asked: nodes,
      free: held.length,
      nodes: this.count,
    });
  }

  async release(token: string): Promise<void> {
    for (const name of await this.heldBy(token)) await rm(join(this.folder, name), { force: true });
  }

  private names(): string[] {
    return Array.from({ length: this.count }, (_, index) => `slot-${index + 1}`);
  }

  private async takeOne(token: string, name: string): Promise<boolean> {
    const aside = join(this.folder, `.${randomUUID()}`);
    await writeFile(aside, token);
    try {
      await link(aside, join(this.folder, name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(aside, { force: true });
    }
  }

  private async taken(): Promise<{ name: string; token: string }[]> {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith('slot-'));
    const slots = await Promise.all(
      names.map(async (name) => {
        // Released between the two reads.
        const token = await readFile(join(this.folder, name), 'utf8').catch(() => null);
        return token === null ? [] : [{ name, token }];
      }),
    );
    return slots.flat().sort((a, b) => Number(a.name.slice(5)) - Number(b.name.slice(5)));
  }
}
