import { type ChildProcess, spawn } from 'node:child_process';

/** Lets a bare node run the sources as they are: `./x.js` is `./x.ts`, and swc takes the types off. */
const HOOKS = `
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
const { transformSync } = createRequire(process.cwd() + '/package.json')('@swc/core');
const isSource = (url) => url?.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');
export function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith('.') && isSource(context.parentURL);
  return next(isOurs ? specifier.replace(/\\.js$/, '.ts') : specifier, context);
}
export function load(url, context, next) {
  if (!isSource(url)) return next(url, context);
  const jsc = {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  };
  const source = transformSync(readFileSync(fileURLToPath(url), 'utf8'), { jsc, module: { type: 'es6' } }).code;
  return { format: 'module', source, shortCircuit: true };
}`;
const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
const REGISTER = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOKS))});`);

/** Runs a module's text, which may import '#libs/...', in a node process of its own, a broker for a test to kill. */
export function runTypeScript(code: string): ChildProcess {
  const options = ['--conditions=source', '--import', REGISTER, '--input-type=module', '--eval', code];
  return spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
}
