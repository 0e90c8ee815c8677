// @ts-check
import { PURE_LIBRARIES } from '../../.dependency-cruiser.mjs';

const BEGIN = '<!-- dependency graph: begin (npm run sync:graph) -->';
const END = '<!-- dependency graph: end -->';

/** Nearly everything stands on these: their arrows would hide the others, so they are listed only. */
const GROUND = ['libs/kernel', 'libs/contracts', 'libs/platform'];

const TEST_FILE = /\.(?:spec|int-spec|e2e-spec)\.ts$|\/src\/testing\/|^apps\/[^/]+\/test\/|^libs\/testing\//;
const PART = /^(?:(?:apps|libs)\/[^/]+|migrations)(?=\/)/;

/**
 * Folds files into parts (a library, an app, the migrations), without tests.
 * @param {{ source: string, dependencies: { resolved: string }[] }[]} modules
 * @returns {Map<string, string[]>} part -> the parts it imports, both sorted
 */
export function foldIntoParts(modules) {
  /** @type {Map<string, Set<string>>} */
  const parts = new Map();
  for (const { source, dependencies } of modules) {
    const [from] = PART.exec(source) ?? [];
    if (!from || TEST_FILE.test(source)) continue;
    const imports = parts.get(from) ?? new Set();
    parts.set(from, imports);
    for (const { resolved } of dependencies) {
      const [to] = PART.exec(resolved) ?? [];
      if (to && to !== from) imports.add(to);
    }
  }
  return new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([part, imports]) => [part, [...imports].sort()]));
}

const nodeOf = (/** @type {string} */ part) => part.replace(/\W+/g, '_');
const titleOf = (/** @type {string} */ part) => part.replace(/^libs\//, '');
const isPure = (/** @type {string} */ part) => PURE_LIBRARIES.some((name) => part === `libs/${name}`);

/**
 * Markdown: a mermaid graph and the whole list under it.
 * @param {Map<string, string[]>} parts
 */
export function drawGraph(parts) {
  const drawn = [...parts.keys()].filter((part) => !GROUND.includes(part));
  const shape = (/** @type {string} */ part) =>
    isPure(part) ? `  ${nodeOf(part)}(["${titleOf(part)}"])` : `  ${nodeOf(part)}["${titleOf(part)}"]`;
  const arrows = drawn.flatMap((from) =>
    (parts.get(from) ?? []).filter((to) => !GROUND.includes(to)).map((to) => `  ${nodeOf(from)} --> ${nodeOf(to)}`),
  );
  const list = [...parts].map(([part, imports]) => `- \`${part}\`: ${imports.map(titleOf).join(', ') || 'nothing'}`);
  return [
    '```mermaid',
    'flowchart TD',
    ...drawn.map(shape),
    ...arrows,
    '```',
    '',
    'Rounded: pure libraries. Arrows to `kernel`, `contracts` and `platform` are left out of the picture; the whole list:',
    '',
    ...list,
  ].join('\n');
}

/** @param {string} page @param {string} text */
export function replaceBetweenMarkers(page, text) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The markers are missing: ${BEGIN} ... ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
}
