// @ts-check
import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

const PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`;

/**
 * Runs a command of this repository; its tools are found in node_modules/.bin.
 * @param {string[]} command the program and its arguments
 * @param {{ isQuiet?: boolean, env?: Record<string, string> }} [options] quiet: the output is kept instead of shown
 * @returns {Promise<{ exitCode: number, seconds: number, output: string }>}
 */
export function runCommand([program = '', ...args], { isQuiet = false, env = {} } = {}) {
  const startedAt = performance.now();
  return new Promise((done, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, PATH, ...env },
      stdio: ['ignore', isQuiet ? 'pipe' : 'inherit', isQuiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => done({ exitCode: code ?? 1, seconds: (performance.now() - startedAt) / 1000, output }));
  });
}

/** @param {number} seconds */
export const showSeconds = (seconds) => `${seconds.toFixed(1).padStart(7)} s`;
