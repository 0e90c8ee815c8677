// @ts-check
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {{ command: string, debianPackage: string }} SystemPart a program that a suite starts, and where it comes from
 * @typedef {{ name: string, needs: SystemPart[] }} Suite a vitest project of the same name
 */

/**
 * All suites of `npm test`, in their order. What a suite needs beside npm's packages stands here and nowhere else:
 * `.ci/run` installs it, `npm test` says by name what it could not run. (PostgreSQL comes with npm.)
 * @type {Suite[]}
 */
export const SUITES = [
  { name: 'unit', needs: [] },
  { name: 'integration', needs: [] },
  { name: 'e2e', needs: [] },
];

/** Debian keeps some servers where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** @param {string} command */
export function isInstalled(command) {
  return [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Which suites can run here, and what the others lack.
 * @param {Suite[]} suites
 * @param {(command: string) => boolean} has
 */
export function sortSuites(suites, has) {
  const sorted = suites.map((suite) => ({ suite, missing: suite.needs.filter(({ command }) => !has(command)) }));
  return {
    ready: sorted.filter(({ missing }) => missing.length === 0).map(({ suite }) => suite),
    notRun: sorted.filter(({ missing }) => missing.length > 0),
  };
}

/** One sentence: what is missing, and the way to get it. @param {SystemPart[]} missing */
export function describeMissing(missing) {
  const commands = missing.map(({ command }) => command).join(', ');
  return `not run: needs ${commands} (apt-get install ${listDebianPackages(missing).join(' ')})`;
}

/** @param {SystemPart[]} parts @returns {string[]} sorted, each once */
export function listDebianPackages(parts) {
  return [...new Set(parts.map(({ debianPackage }) => debianPackage))].sort();
}
