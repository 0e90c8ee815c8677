const WIDTH = 60;
const PLOT_ROWS = 10;
const isTerminal = process.stdout.isTTY === true;
let lastLine = 0;

/** One line that is written over in a terminal, and printed every few seconds elsewhere. */
export function showProgress({ step, of, loss, state, center, seconds }) {
  const share = of ? step / of : 0;
  const filled = Math.round(share * 30);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
  const figures = loss === null ? '' : `  loss ${loss.toFixed(3)}`;
  const line = `  ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  step ${step}/${of ?? '?'}${figures}  ${state} ${center ?? ''}  ${seconds.toFixed(0)} s`;
  if (isTerminal) process.stdout.write(`\r\x1b[2K${line}`);
  else if (Date.now() - lastLine > 3000) {
    process.stdout.write(`${line}\n`);
    lastLine = Date.now();
  }
}

export function endProgress() {
  if (isTerminal) process.stdout.write('\n');
}

export function heading(text) {
  process.stdout.write(`\n${isTerminal ? `\x1b[1m${text}\x1b[0m` : text}\n`);
}

export function say(text) {
  process.stdout.write(`  ${text}\n`);
}

/** Rows of text, the first the head; columns after the first stand to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    say(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  '),
    );
}

/** Segments on one time line. @param {{ center: string, startedAt: string, endedAt: string, outcome: string }[]} segments */
export function timeLine(segments) {
  const at = (text) => Date.parse(text);
  const [from, to] = [
    Math.min(...segments.map((s) => at(s.startedAt))),
    Math.max(...segments.map((s) => at(s.endedAt))),
  ];
  const place = (text) => Math.round(((at(text) - from) / (to - from || 1)) * WIDTH);
  for (const segment of segments) {
    const [start, end] = [place(segment.startedAt), Math.max(place(segment.endedAt), place(segment.startedAt) + 1)];
    const bar = `${' '.repeat(start)}${'━'.repeat(end - start)}`.padEnd(WIDTH);
    const seconds = (at(segment.endedAt) - at(segment.startedAt)) / 1000;
    say(
      `${segment.center.padEnd(10)} |${bar}| ${segment.startedAt.slice(11, 19)} to ${segment.endedAt.slice(11, 19)}  ${seconds} s  ${segment.outcome}`,
    );
  }
}

/** A small plot of loss over steps. @param {{ step: number, loss: number }[]} points */
export function lossCurve(points) {
  const losses = points.map((point) => point.loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const last = points.at(-1).step;
  const columns = Array.from({ length: WIDTH }, (_, column) => {
    const inside = points.filter((point) => Math.min(WIDTH - 1, Math.floor((point.step / last) * WIDTH)) === column);
    return inside.length === 0 ? null : inside.reduce((total, point) => total + point.loss, 0) / inside.length;
  });
  for (let row = PLOT_ROWS - 1; row >= 0; row--) {
    const level = low + ((high - low) * (row + 0.5)) / PLOT_ROWS;
    const cells = columns.map((loss) => {
      if (loss === null) return ' ';
      const height = Math.min(PLOT_ROWS - 1, Math.floor(((loss - low) / (high - low || 1)) * PLOT_ROWS));
      return height === row ? '●' : ' ';
    });
    say(`${level.toFixed(2).padStart(6)} │${cells.join('')}`);
  }
  say(`       └${'─'.repeat(WIDTH)} step ${last}`);
}
