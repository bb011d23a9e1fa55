// Hostile clients of a running service, the same for the same seed.
//
//   node hostile.mjs MODE --url URL --pid PID --tokens FILE --seed N (--requests N | --seconds N) [--beside N]
//
// MODE is `hostile` (requests that break rules), `hang-ups` (clients that go away at any moment) or `slow`
// (200 clients, or as many as --beside says, that send and take bytes slowly beside others that do not).
// Ends with figures and with 1 if an answer was a fault of the service, if its memory grew, or if it is gone.
import net from 'node:net';
import { readFileSync } from 'node:fs';

const [mode, ...rest] = process.argv.slice(2);
const option = (name, fallback) => {
    const place = rest.indexOf(`--${name}`);
    return place < 0 ? fallback : rest[place + 1];
};
const { hostname, port } = new URL(option('url'));
const pid = option('pid');
const tokens = [null, ...Object.values(JSON.parse(readFileSync(option('tokens'), 'utf8')))];
const requests = Number(option('requests', 0));
const seconds = Number(option('seconds', 0));
const most_growth = 64 * 1024; // KiB

// Chance that is the same on every run: mulberry32.
let state = Number(option('seed', 1)) >>> 0;
const chance = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const below = (limit) => Math.floor(chance() * limit);
const pick = (things) => things[below(things.length)];
const times = (text, count) => Array.from({ length: count }, (_, index) => text.replaceAll('#', index)).join(' ');

const memory = () => {
    try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    } catch {
        return null; // another system than Linux, or the service is gone
    }
};

// --- material ---------------------------------------------------------------------------------

const many = () => pick([1, 2, 5, 12, 13, 30, 31, 100, 500, 501, 3000]);
const texts = ['', 'x', 'a\u0000b', '\u202eevil', 'e' + '\u0301'.repeat(300), '\ud83d\ude00', "' or 1=1 --", '%', '_', '../..', '${7*7}', '\u{1b}[2J', 'x'.repeat(5000), 'org_00000000000000000000000000000000', '2026-02-30', 'Y61'];
const numbers = ['0', '-1', '1', '100', '101', '2147483647', '2147483648', '9223372036854775808', '1e400', '-0', '1e3', '10.005', '0x10', 'NaN', '"7"', 'null', 'true', '[]', '{}'];
const fields = ['__typename', 'id', 'name', 'viewer { isSignedIn }', 'organisations(first: 3) { nodes { id name } }', 'regions { totalCount }', 'organisations(first: 100) { nodes { sites(first: 100) { nodes { id } } } }', 'nodes(ids: []) { id }', '__schema { types { name } }', '_service { sdl }', 'nothing'];
const valid = [
    '{ viewer { isSignedIn roles { role } } }',
    'query A($n: Int = 3, $w: OrganisationWhere) { organisations(first: $n, where: $w) { totalCount nodes { id name region { name } } pageInfo { endCursor } } }',
    '{ region(by: { odsCode: "Y61" }) { name organisations(first: 9) { nodes { name integratedCareBoard(asOf: "2026-03-31") { name } } } } }',
    'mutation { organisationRename(input: { id: "org_00000000000000000000000000000001", expectedVersion: 1, name: "X" }) { userErrors { code message path } } }',
    '{ __schema { queryType { name } types { name fields { name } } } }',
];
const ladder = (spreads) => `{ ...F0 } ${Array.from({ length: 30 }, (_, step) => `fragment F${step} on Query { ${times(`...F${step + 1}`, spreads)} }`).join(' ')} fragment F30 on Query { __typename }`;
const soup = () => Array.from({ length: below(60) }, () => pick(['{', '}', '(', ')', '[', ']', ':', '...', '@', '$a', '!', '=', 'query', 'mutation', 'fragment', 'on', 'F', 'name', '"x"', '"""', '1', '-1.5e9', '#\n', '\\', '\u0000', 'é', ','])).join(pick([' ', '']));
const broken = () => {
    const text = [...pick(valid)];
    for (let left = 1 + below(4); left > 0; left -= 1) {
        const place = below(text.length);
        pick([() => text.splice(place, 1), () => text.splice(place, 0, pick([...'{}()[]"$@!:.\\\u0000é'])), () => text.splice(place, below(9)), () => text.splice(place, 0, ...text.slice(place, place + 20))])();
    }
    return text.join('');
};
const documents = [
    () => `{ ${times('a#: viewer { isSignedIn }', many())} }`,
    () => `{ ${times(pick(fields), many())} }`,
    () => `query ${times('@x', many())} { __typename ${times('@include(if: true)', many())} }`,
    () => `{ ${'organisations(first: 1) { nodes { region { '.repeat(below(30))}id${' } } }'.repeat(below(30))} }`,
    () => `{ organisations(first: ${pick(numbers)}, last: ${pick(numbers)}) { nodes { id } } }`,
    () => `{ organisations(after: ${JSON.stringify(pick(texts))}) { nodes { id } } }`,
    () => `{ nodes(ids: [${times('"org_#"', many())}]) { id } }`,
    () => `{ regions(where: ${'['.repeat(many())}1${']'.repeat(many())}) { totalCount } }`,
    () => `{ regions(where: ${'{ and: ['.repeat(below(60))}{}${'] }'.repeat(below(60))}) { totalCount } }`,
    () => ladder(pick([2, 3, 10])),
    () => '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    () => `{ __schema { types { ${'fields { type { '.repeat(below(9))}name${' } }'.repeat(below(9))} } } }`,
    () => `subscription { ${times('a#', below(4))} }`,
    () => `mutation { ${times('a#: organisationActivate(input: { id: "x", expectedVersion: 1 }) { impact }', many())} }`,
    soup, broken, broken, broken, () => pick(valid), () => pick(texts),
];
const json_value = (depth) => pick([() => pick(texts), () => below(1e6), () => null, () => true, () => (depth > 3 ? [] : Array.from({ length: below(5) }, () => json_value(depth + 1))), () => (depth > 3 ? {} : { [pick(['a', 'id', 'eq', 'in', 'first', ''])]: json_value(depth + 1) })])();
const document = () => JSON.stringify({ query: pick(documents)() });
const bodies = [
    document, document, document, document, document,
    () => JSON.stringify({ query: pick(documents)(), variables: json_value(0), operationName: pick([undefined, null, 'A', 7]) }),
    () => `{"query":"query($n: Int) { organisations(first: $n) { totalCount } }","variables":{"n":${pick(numbers)}}}`,
    () => JSON.stringify({ query: 'query($x: String!) { organisation(by: { odsCode: $x }) { id } }', variables: { x: pick(texts) } }),
    () => JSON.stringify(Array.from({ length: many() }, () => ({ query: pick(valid) }))).slice(0, 70000),
    () => JSON.stringify(json_value(0)),
    () => '['.repeat(many() * 10),
    () => '{"query":"\\ud800"}',
    () => Buffer.from(Array.from({ length: below(300) }, () => below(256))).toString('latin1'),
    () => JSON.stringify({ query: pick(valid) }).slice(0, below(80)),
    () => JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }),
    () => ' '.repeat(70000),
];
const media = ['application/json', 'application/json', 'application/json', 'application/json', 'application/json; charset=utf-8', 'application/json;x', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', '', 'message/rfc822'];
const odd_headers = ['content-encoding: gzip', 'accept: text/html', 'accept: application/graphql-response+json', 'origin: null', 'cookie: a=b', 'authorization: Bearer x', 'authorization: Basic x', 'x-forwarded-for: 1.2.3.4', 'traceparent: 00-x', 'alongside-gateway: x', 'expect: 100-continue', 'x-a: b\r\n folded', 'content-length: 7', 'transfer-encoding: chunked', 'bad header', `x-long: ${'y'.repeat(40000)}`, times('x-#: y\r\nx-0: y', 70)];
const paths = ['/graphql', '/graphql', '/graphql', '/graphql', '/graphql', '/graphql?query={a', '//graphql', '/%67raphql', '/graphiql', '/schema.graphql', '/health/ready', '/metrics', '/auth/logout', '/nowhere', '*', '/graphql#x', '/\u0000', `/${'a'.repeat(70000)}`];

const post = (body, headers = []) => {
    const bytes = Buffer.from(body, 'utf8');
    const head = [`POST /graphql HTTP/1.1`, 'host: test', 'content-type: application/json', `content-length: ${bytes.length}`, ...headers, '', ''];
    return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]);
};
const signed = () => {
    const token = pick(tokens);
    return token ? [`authorization: Bearer ${token}`] : [];
};
const plain = () => post(JSON.stringify({ query: pick(valid.slice(0, 3)) }), signed());
const request = () => {
    const kind = below(10);
    if (kind < 5) return post(pick(bodies)(), signed());
    if (kind < 6) {
        const parameters = new URLSearchParams({ query: pick(documents)(), variables: JSON.stringify(json_value(0)) });
        return Buffer.from(`GET /graphql?${parameters} HTTP/1.1\r\nhost: test\r\n${signed().map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
    }
    const bytes = Buffer.from(pick(bodies)(), 'utf8');
    const head = [`${pick(['POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'BREW', 'P\u0000ST'])} ${pick(paths)} HTTP/${pick(['1.1', '1.1', '1.1', '1.0', '2.0', '9'])}`, pick(['host: test', 'host: test', '']), `content-type: ${pick(media)}`, pick([`content-length: ${bytes.length}`, `content-length: ${bytes.length}`, `content-length: ${below(9)}`, 'content-length: -1', '']), ...signed()];
    if (chance() < 0.5) head.push(pick(odd_headers));
    return Buffer.concat([Buffer.from(`${head.filter(Boolean).join(pick(['\r\n', '\r\n', '\r\n', '\n']))}\r\n\r\n`, 'latin1'), bytes]);
};

// --- sending ------------------------------------------------------------------------------------

// Sends bytes on a connection of their own, as `how` says; gives the status, or 0 without an answer.
const send = (bytes, how = {}) => new Promise((resolve) => {
    let head = '';
    let status = 0;
    const socket = net.connect({ host: hostname, port, noDelay: true });
    const end = () => {
        socket.destroy();
        resolve(status);
    };
    socket.setTimeout(how.patience ?? 3000, end);
    socket.on('error', end);
    socket.on('close', end);
    socket.on('connect', () => how.write ? how.write(socket, bytes) : socket.write(bytes));
    if (how.deaf) {
        socket.pause();
    } else {
        socket.on('data', (data) => {
            head += data.toString('latin1');
            const found = /^HTTP\/1\.[01] (\d{3})/.exec(head);
            if (found) status = Number(found[1]);
            const length = /content-length: (\d+)\r\n(?:.*\r\n)*?\r\n/i.exec(head);
            if (length && head.length >= length.index + length[0].length + Number(length[1])) end();
        });
    }
});

// Goes away when so many bytes were sent, and so many milliseconds later.
const hang_up = () => {
    const [share, wait] = [chance(), below(12)];
    return { write: (socket, bytes) => socket.write(bytes.subarray(0, Math.ceil(bytes.length * Math.min(1, share * 1.5))), () => setTimeout(() => socket.destroy(), wait)) };
};
const drip = () => ({
    patience: 20000,
    write: (socket, bytes) => {
        let sent = 0;
        const timer = setInterval(() => (sent < bytes.length && !socket.destroyed ? socket.write(bytes.subarray(sent, (sent += 1))) : clearInterval(timer)), 400);
        setTimeout(() => socket.destroy(), Math.min(seconds * 1000, 15000));
    },
});
const deaf = () => ({ patience: 20000, deaf: true, write: (socket, bytes) => { for (let left = 40; left > 0; left -= 1) socket.write(bytes); setTimeout(() => socket.destroy(), Math.min(seconds * 1000, 15000)); } });

const statuses = {};
let done = 0;
let took = [];
let began = Date.now();
const time_is_over = () => (seconds > 0 && Date.now() - began > seconds * 1000) || (requests > 0 && done >= requests);
const step = {
    hostile: () => send(request()),
    'hang-ups': async () => (await send(plain(), hang_up()), send(plain())),
    slow: () => send(plain(), { patience: 10000 }),
}[mode];
if (!step) throw new Error(`no mode ${mode}`);

const worker = async () => {
    while (!time_is_over()) {
        const mine = (done += 1);
        const from = Date.now();
        const status = await step();
        took.push(Date.now() - from);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (mine % 2000 === 0) console.log(`  ${mine} requests, ${memory()} KiB`);
    }
};
const work = async (count) => Promise.all(Array.from({ length: count }, worker));

// What is kept for good is there after the first requests: only what grows later is a leak.
for (let left = 400; left > 0; left -= 8) await Promise.all(Array.from({ length: 8 }, () => send(request())));
const before = memory();
// The share `part` of the requests was not slower than this.
const percentile = (part) => [...took].sort((a, b) => a - b)[Math.ceil(took.length * part) - 1] ?? 0;
const percentiles = () => `half within ${percentile(0.5)} ms, 99 of 100 within ${percentile(0.99)} ms, slowest ${percentile(1)} ms`;
const beside = [];
if (mode === 'slow') {
    await work(4);
    console.log(`slow: alone: ${done} requests, ${percentiles()}`);
    [done, took, began] = [0, [], Date.now()];
    const many = Number(option('beside', 200));
    for (let index = 0; index < many; index += 1) {
        beside.push(index % 2 ? send(plain(), drip()) : send(Buffer.from('GET /schema.graphql HTTP/1.1\r\nhost: test\r\n\r\n'), deaf()));
        if (index % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    began = Date.now();
}
await work(mode === 'slow' ? 4 : 12);
await Promise.all(beside);
const alive = await send(post('{"query":"{ __typename }"}'));
const after = memory();
const faults = Object.entries(statuses).filter(([status]) => status >= 500 && status !== '503' && status !== '505');
console.log(`${mode}: ${done} requests in ${Math.round((Date.now() - began) / 1000)} s, ${percentiles()}, resident ${before} -> ${after} KiB`);
console.log(`${mode}: by status ${JSON.stringify(statuses)}`);
const problems = [];
if (faults.length > 0) problems.push(`faults of the service: ${JSON.stringify(faults)}`);
if (alive !== 200) problems.push(`a plain query is answered with ${alive}`);
if (before !== null && after - before > most_growth) problems.push(`memory grew by ${after - before} KiB`);
if (mode !== 'hostile' && statuses[0] > 0) problems.push(`${statuses[0]} plain queries had no answer`);
problems.forEach((problem) => console.log(`${mode}: FAILED: ${problem}`));
process.exit(problems.length > 0 ? 1 : 0);
