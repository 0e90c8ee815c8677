/**
 * At most `count` of the lines, spread evenly, the last one always among them: progress is kept at a line a second,
 * however fast a program tells of it.
 */
export function thinProgress<Line>(lines: readonly Line[], count: number): Line[] {
  const kept = Math.min(lines.length, Math.max(1, count));
  if (kept === lines.length) return [...lines];
  return Array.from({ length: kept }, (_, index) => Math.ceil(((index + 1) * lines.length) / kept) - 1).flatMap(
    (place) => lines.slice(place, place + 1),
  );
}
