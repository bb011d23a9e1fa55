// A mail server, on smtp-server, whose letters mailparser reads. It can be made to fail.
//
//   node mail.mjs [--tls none|starttls|wrapped] [--key FILE --cert FILE] [--user U --password P]
//
// Prints {"port"} when ready, and ends when standard input closes. With --user it takes nothing
// from who has not signed in. It listens on 127.0.0.1; its certificate is the one of --cert.
//
// Commands come as one line of JSON each and are answered by one line of JSON each, in order;
// {"error": …} answers what is not understood or did not work.
//
//   {"do": "mode", "mode": MODE}        what the server does with letters from now on. {"mode": …}
//   {"do": "refuse", "code": N, "status": S, "at": STEP}
//                                       what the server refuses from now on, with this code and these first
//                                       words, such as 5.1.1; nothing with 0. {"code": …}
//   {"do": "letters"}                   {"letters": all that came, in their order}
//   {"do": "await", "count": N}         the same, once there are so many, or more.
//   {"do": "stop"}                      nobody listens any more. {"port": …}
//   {"do": "start"}                     it listens again, on the same port. {"port": …}
//   {"do": "release"}                   letters that were held are answered. {"released": …}
//   {"do": "connections"}               {"connections": how many came since the start}
//
// MODE is one of: ok; mute (nothing is said to who names a sender); hold (a letter is taken, and nothing is
// said until `release`); cut (a letter is taken, and the connection is cut instead of an answer); busy
// (connections are refused). STEP is one of sender, recipient, content.
//
// A letter is {"envelope": {"from", "to"}, "from", "to", "subject", "text", "date", "messageId",
// "headers", "raw", "secure", "user"}: what the server was told, what is in the headers, and how.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

import { say, usage } from './serve.mjs';

const MODES = ['ok', 'mute', 'hold', 'cut', 'busy'];
const STEPS = ['sender', 'recipient', 'content'];
const options = readOptions();
const letters = [];
const waiting = [];
const held = [];
let mode = 'ok';
let refused = { code: 0 };
let connections = 0;
let port = 0;
let server = await open();

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        tls: { type: 'string', default: 'none' },
        key: { type: 'string' },
        cert: { type: 'string' },
        user: { type: 'string' },
        password: { type: 'string' },
      },
    });
    if (['none', 'starttls', 'wrapped'].includes(values.tls)) return values;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
  }
  return usage(
    'node mail.mjs [--tls none|starttls|wrapped] [--key FILE --cert FILE] [--user U --password P]',
  );
}

async function open() {
  const { tls, key, cert, user } = options;
  const disabledCommands = [];
  if (tls !== 'starttls') disabledCommands.push('STARTTLS');
  if (!user) disabledCommands.push('AUTH');
  const listening = new SMTPServer({
    secure: tls === 'wrapped',
    ...(key && { key: readFileSync(key), cert: readFileSync(cert) }),
    disabledCommands,
    disableReverseLookup: true,
    closeTimeout: 1,
    socketTimeout: 600_000,
    onConnect(_, done) {
      connections += 1;
      done(mode === 'busy' ? refusal(421, 'not now') : null);
    },
    onAuth(auth, _, done) {
      const right = auth.username === user && auth.password === options.password;
      done(right ? null : refusal(535, 'who are you'), right ? { user } : undefined);
    },
    onMailFrom({ address }, _, done) {
      if (mode !== 'mute') done(refusedAt('sender', address));
    },
    onRcptTo({ address }, _, done) {
      done(refusedAt('recipient', address));
    },
    onData: take,
  });
  // A client that goes away, or wants no TLS, is no failure of the server's.
  listening.on('error', (error) => process.stderr.write(`${error.message}\n`));
  listening.listen(port, '127.0.0.1');
  await once(listening.server, 'listening');
  port = listening.server.address().port;
  return listening;
}

function refusal(responseCode, text) {
  return Object.assign(new Error(text), { responseCode });
}

// As real servers do, it repeats what it was told.
function refusedAt(step, told) {
  const { code, status, at } = refused;
  return code && at === step ? refusal(code, `${status} <${told}> is not wanted`) : null;
}

async function take(stream, session, done) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks).toString('utf8');
  const parsed = await simpleParser(raw);
  const { mailFrom, rcptTo } = session.envelope;
  const unwanted = refusedAt('content', rcptTo[0].address);
  if (unwanted) return done(unwanted);
  letters.push({
    envelope: { from: mailFrom.address, to: rcptTo.map(({ address }) => address) },
    from: parsed.from?.text,
    to: parsed.to?.text,
    subject: parsed.subject,
    text: parsed.text,
    date: parsed.date?.toISOString(),
    messageId: parsed.messageId,
    headers: parsed.headerLines.map(({ line }) => line),
    raw,
    secure: session.secure,
    user: session.user ?? null,
  });
  for (const look of waiting.splice(0)) look();
  if (mode === 'hold') return held.push(() => done(null, 'taken'));
  if (mode !== 'cut') return done(null, 'taken');
  for (const connection of server.connections) connection._socket.destroy();
}

const COMMANDS = {
  mode({ mode: wanted }) {
    if (!MODES.includes(wanted)) throw new Error(`no such mode: ${wanted}`);
    mode = wanted;
    return { mode };
  },
  refuse({ code, status, at }) {
    if (!STEPS.includes(at)) throw new Error(`no such step: ${at}`);
    refused = { code, status, at };
    return { code };
  },
  letters: () => ({ letters }),
  connections: () => ({ connections }),
  release() {
    const released = held.length;
    for (const go of held.splice(0)) go();
    return { released };
  },
  async await({ count }) {
    while (letters.length < count) await new Promise((look) => waiting.push(look));
    return { letters };
  },
  async stop() {
    for (const connection of server.connections) connection._socket.destroy();
    await new Promise((done) => server.close(done));
    return { port };
  },
  async start() {
    server = await open();
    return { port };
  },
};

async function answer(line) {
  try {
    const command = JSON.parse(line);
    if (!Object.hasOwn(COMMANDS, command.do ?? '')) throw new Error(`no such command: ${line}`);
    return await COMMANDS[command.do](command);
  } catch (error) {
    return { error: error.message };
  }
}

say({ port });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) say(await answer(line));
}
process.exit(0);
