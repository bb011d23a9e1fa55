// What the long-running programs of this folder share; not a program itself.
//
// Such a program listens on a free port of 127.0.0.1 only, prints one line of JSON on standard
// output when it is ready, logs to standard error, and ends when its standard input closes, so
// that it never outlives the test that started it.

import { once } from 'node:events';

/** Makes a node HTTP server listen on a free port; answers with its origin. */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Writes one line of JSON. */
export function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A logger for libraries whose own one writes to standard output, which is for `say`. */
const write = (...words) => process.stderr.write(`${words.join(' ')}\n`);
export const logger = { debug() {}, info: write, warn: write, error: write };

/** Ends the process when standard input does, without waiting for open connections. */
export function endWithInput() {
  process.stdin.on('close', () => process.exit(0));
  process.stdin.resume();
}

/** Ends a program that was called wrongly. */
export function usage(text) {
  process.stderr.write(`usage: ${text}\n`);
  process.exit(2);
}
