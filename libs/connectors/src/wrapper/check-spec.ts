import type { AttemptSpec } from '../connector.js';
import { ConnectorRejectedError } from '../connectors.errors.js';

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{2,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** @throws ConnectorRejectedError naming all that the wrapper could not run. */
export function checkSpec(spec: AttemptSpec): void {
  const numbers: [string, number, number][] = [
    ['nodes', spec.nodes, 1],
    ['devicesPerNode', spec.devicesPerNode, 0],
    ['fence', spec.fence, 0],
    ['beginAt', spec.beginAt, 0],
    ['endBy', spec.endBy, 1],
    ['timeLimitSeconds', spec.timeLimitSeconds, 1],
    ['graceSeconds', spec.graceSeconds, 0],
    ['checkpoint.leadSeconds', spec.checkpoint?.leadSeconds ?? 0, 0],
  ];
  const faults = [
    ...(isToken(spec.token) ? [] : [`token '${spec.token}' is not 3 to 64 letters, digits, - or _`]),
    ...numbers
      .filter(([, value, least]) => !Number.isSafeInteger(value) || value < least)
      .map(([name, value, least]) => `${name} is ${value}, not a whole number from ${least}`),
    ...Object.keys(spec.env)
      .filter((name) => !VARIABLE.test(name))
      .map((name) => `'${name}' is no name of an environment variable`),
    ...Object.entries(spec.env)
      .filter(([, value]) => value.includes('\0'))
      .map(([name]) => `the environment variable ${name} has a NUL in it`),
    ...(spec.script.includes('\0') ? ['the script has a NUL in it'] : []),
  ];
  if (faults.length > 0) throw new ConnectorRejectedError(faults.join('; '), { token: spec.token });
}
