#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { conformance } from './conformance/main.js';

const HELP = `npx reliable-socket conformance <url>    which guarantees does a server give? See --help there.
npx reliable-socket --version
npx reliable-socket --help`;

/** The package's own; the built file is as far from it as this one. */
const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
};

const [command, ...rest] = process.argv.slice(2);
if (command === 'conformance') {
  conformance(rest).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error);
      process.exitCode = 2;
    },
  );
} else if (command === undefined || command === '--help' || command === '-h') {
  console.log(HELP);
} else if (command === '--version' || command === '-v') {
  console.log(readVersion());
} else {
  console.error(`reliable-socket: there is no command "${command}"\n\n${HELP}`);
  process.exitCode = 2;
}
