// @ts-check
/** Prints the Debian packages that the suites use, one a line: `.ci/run` installs them. Needs nothing from npm. */
import { listDebianPackages, SUITES } from './lib/suites.mjs';

for (const name of listDebianPackages(SUITES.flatMap(({ needs }) => needs))) console.log(name);
