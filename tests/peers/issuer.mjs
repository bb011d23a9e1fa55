// An OpenID provider, on oidc-provider: it gives tokens to services and can be made to fail.
//
//   node issuer.mjs [--alg ES256|RS256|PS256] [--audience alongside] [--life 600] --clients a,b,c
//
// Prints {"issuer", "jwks", "token"}, the URLs of the issuer, its keys and its token endpoint,
// when ready, and ends when standard input closes. Each client authenticates with HTTP Basic and
// the secret `secret-of-<id>`; its access tokens (grant client_credentials) are JWTs of type
// at+jwt for the audience, valid for --life seconds. Keys live in memory and have random ids.
//
// Commands come as one line of JSON each and are answered by one line of JSON each, in order;
// {"error": …} answers what is not understood or did not work.
//
//   {"do": "rotate"}                    a new key signs from now on; the earlier stay published.
//   {"do": "rotate", "drop": true}      the same, and the earlier disappear. {"kid": …}
//   {"do": "outage", "mode": MODE}      what the keys' URL does from now on. {"mode": …}
//   {"do": "fetches"}                   {"fetches": how often the keys' URL was asked since the
//                                       start, "followed": how often a redirect of it}
//   {"do": "token", "client": "a"}      a real request to the token endpoint. {"token": …}
//   {"do": "sign", "header": {…}, "claims": {…}, "key": KEY}
//                                       the same token, signed by hand. {"token": …}
//   {"do": "logout", "sid": …, "sub": …}
//                                       an OpenID back-channel logout token. {"token": …}
//
// MODE is one of: ok; refuse (the connection is cut without an answer); slow (30 s, then the
// keys); error (500); html (a page, with 200); huge (50 MB, the good keys among many others);
// redirect (302 to a place that has the good keys); empty (no keys); weak (an RSA key of 512
// bits); duplicate (two keys of the same id, the good one last).
//
// `header` and `claims` of `sign` replace or add members, and null removes one; whatever the
// header says, KEY signs with its own algorithm. KEY is `current` (when left out), `old` (the key
// before the last rotation) or `weak` (the one that the mode weak publishes, RS256).

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { constants, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import Provider from 'oidc-provider';

import { listen, say, usage } from './serve.mjs';

// oidc-provider tells on standard output that it is not in production; that is for the answers.
console.info = console.error;

const ALGORITHMS = ['ES256', 'RS256', 'PS256'];
const KEYS_PATH = '/jwks';
const REDIRECTED_PATH = '/elsewhere/jwks';
/** Clients need not name the API: there is only one. Resource indicators are absolute URIs. */
const RESOURCE = 'urn:alongside:api';
const SLOW_MS = 30_000;
const HUGE_BYTES = 50_000_000;
const JWK_SET = { 'content-type': 'application/jwk-set+json; charset=utf-8' };

const options = readOptions();
const published = [await newKey()]; // the current key is the last
let before = published[0]; // the key before the last rotation
const weak = weakKey();
let mode = 'ok';
let fetches = 0;
let followed = 0;

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === REDIRECTED_PATH) {
    followed += 1;
    return reply(response, 200, JWK_SET, JSON.stringify(publicKeys()));
  }
  if (pathname !== KEYS_PATH) return provider.callback()(request, response);
  fetches += 1;
  return OUTAGES[mode](request, response);
});
const issuer = await listen(server);
let provider = newProvider();

/** What a request for the keys gets in each mode. */
const OUTAGES = {
  ok: (request, response) => provider.callback()(request, response),
  refuse: (request) => request.socket.resetAndDestroy(),
  slow: (request, response) => {
    const timer = setTimeout(() => provider.callback()(request, response), SLOW_MS);
    response.on('close', () => clearTimeout(timer));
  },
  error: (_, response) => reply(response, 500, { 'content-type': 'text/plain' }, 'no keys today\n'),
  html: (_, response) => {
    const page = '<!doctype html><title>Sign in</title>\n';
    reply(response, 200, { 'content-type': 'text/html; charset=utf-8' }, page);
  },
  huge: (_, response) => {
    response.writeHead(200, JWK_SET);
    Readable.from(hugeKeys()).pipe(response);
  },
  redirect: (_, response) => reply(response, 302, { location: REDIRECTED_PATH }, ''),
  empty: (_, response) => reply(response, 200, JWK_SET, '{"keys":[]}'),
  weak: (_, response) => reply(response, 200, JWK_SET, JSON.stringify({ keys: [weak.public] })),
  duplicate: async (_, response) => {
    const impostor = await newKey();
    const keys = [{ ...impostor.public, kid: current().kid }, ...publicKeys().keys];
    reply(response, 200, JWK_SET, JSON.stringify({ keys }));
  },
};

const COMMANDS = {
  async rotate({ drop = false }) {
    before = current();
    if (drop) published.length = 0;
    published.push(await newKey());
    provider = newProvider();
    return { kid: current().kid };
  },
  outage({ mode: wanted }) {
    if (!Object.hasOwn(OUTAGES, wanted ?? '')) throw new Error(`no such mode: ${wanted}`);
    mode = wanted;
    return { mode };
  },
  fetches: () => ({ fetches, followed }),
  async token({ client }) {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:secret-of-${client}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status} ${body}`);
    return { token: JSON.parse(body).access_token };
  },
  sign({ header = {}, claims = {}, key: name = 'current' }) {
    const key = { current: current(), old: before, weak }[name];
    if (!key) throw new Error(`no such key: ${name}`);
    const client = options.clients[0];
    return {
      token: signedByHand(
        key,
        { alg: key.public.alg, typ: 'at+jwt', kid: key.kid, ...header },
        { ...times(options.life), jti: randomUUID(), sub: client, client_id: client, ...claims },
      ),
    };
  },
  async logout({ sid, sub }) {
    const { alg } = options;
    const token = await new SignJWT({
      ...times(120),
      jti: randomUUID(),
      sid,
      sub,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
      .setProtectedHeader({ alg, typ: 'logout+jwt', kid: current().kid })
      .sign(current().private);
    return { token };
  },
};

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        alg: { type: 'string', default: 'ES256' },
        audience: { type: 'string', default: 'alongside' },
        life: { type: 'string', default: '600' },
        clients: { type: 'string' },
      },
    });
    const clients = (values.clients ?? '').split(',').filter(Boolean);
    const life = Number(values.life);
    const understood = ALGORITHMS.includes(values.alg) && Number.isInteger(life) && life > 0;
    if (understood && clients.length > 0) return { ...values, life, clients };
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
  }
  return usage(
    'node issuer.mjs [--alg ES256|RS256|PS256] [--audience A] [--life SECONDS] --clients a,b,c',
  );
}

function current() {
  return published.at(-1);
}

function publicKeys() {
  return { keys: published.map((key) => key.public) };
}

async function newKey() {
  const { alg } = options;
  const pair = await generateKeyPair(alg, { extractable: true });
  const kid = randomUUID();
  const members = { kid, alg, use: 'sig' };
  return {
    kid,
    public: { ...(await exportJWK(pair.publicKey)), ...members },
    jwk: { ...(await exportJWK(pair.privateKey)), ...members },
    private: pair.privateKey,
  };
}

/** jose refuses to make or use a key as short as this one. */
function weakKey() {
  const pair = generateKeyPairSync('rsa', { modulusLength: 512 });
  const members = { kid: randomUUID(), alg: 'RS256', use: 'sig' };
  return {
    kid: members.kid,
    public: { ...pair.publicKey.export({ format: 'jwk' }), ...members },
    jwk: { ...pair.privateKey.export({ format: 'jwk' }), ...members },
  };
}

/** The keys of a provider are fixed when it is made: each rotation makes one anew. */
function newProvider() {
  const { alg, audience, life, clients } = options;
  return new Provider(issuer, {
    jwks: { keys: published.map((key) => key.jwk) },
    cookies: { keys: [randomUUID()] },
    routes: { jwks: KEYS_PATH, token: '/token' },
    clientDefaults: { id_token_signed_response_alg: alg },
    clients: clients.map((id) => ({
      client_id: id,
      client_secret: `secret-of-${id}`,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenTTL: life,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg, kid: current().kid } },
        }),
      },
    },
  });
}

/** The claims that every token of this issuer has. */
function times(life) {
  const iat = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: options.audience, iat, exp: iat + life };
}

/** Not with jose, which refuses headers that do not fit the key: such tokens are to be made. */
function signedByHand(key, header, claims) {
  const input = [header, claims].map((part) => {
    const members = Object.entries(part).filter(([, value]) => value !== null);
    return Buffer.from(JSON.stringify(Object.fromEntries(members))).toString('base64url');
  });
  const signature = sign('sha256', Buffer.from(input.join('.')), {
    key: createPrivateKey({ key: key.jwk, format: 'jwk' }),
    ...{
      ES256: { dsaEncoding: 'ieee-p1363' },
      RS256: { padding: constants.RSA_PKCS1_PADDING },
      PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    }[key.public.alg],
  });
  return [...input, signature.toString('base64url')].join('.');
}

function reply(response, status, headers, body) {
  response.writeHead(status, headers).end(body);
}

function* hugeKeys() {
  const { keys } = publicKeys();
  yield `{"keys":[${keys.map((key) => JSON.stringify(key)).join(',')}`;
  for (let size = 0; size < HUGE_BYTES; ) {
    let chunk = '';
    while (chunk.length < 65_536) chunk += `,${JSON.stringify({ ...keys[0], kid: randomUUID() })}`;
    size += chunk.length;
    yield chunk;
  }
  yield ']}';
}

async function answer(line) {
  try {
    const command = JSON.parse(line);
    if (!Object.hasOwn(COMMANDS, command.do ?? '')) throw new Error(`no such command: ${line}`);
    return await COMMANDS[command.do](command);
  } catch (error) {
    return { error: error.message };
  }
}

say({ issuer, jwks: `${issuer}${KEYS_PATH}`, token: `${issuer}/token` });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) say(await answer(line));
}
process.exit(0);
