const LOOK_MS = 100;

export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** What `look` answers once it is not null. @throws Error naming what did not come within `secondsMax` */
export async function eventually<T>(
  what: string,
  secondsMax: number,
  look: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = Date.now() + secondsMax * 1000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`not within ${secondsMax} s: ${what}`);
    await pause(LOOK_MS / 1000);
  }
}
