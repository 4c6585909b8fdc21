#!/usr/bin/env node
import { conformance } from './conformance/main.js';

const HELP = `npx reliable-socket conformance <url>    which guarantees does a server give? See --help there.`;

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
} else {
  console.error(`reliable-socket: there is no command "${command}"\n\n${HELP}`);
  process.exitCode = 2;
}
