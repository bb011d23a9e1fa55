// Whether time tells a row that is hidden from one that is not there.
//
//   node timing.mjs --url URL --tokens FILE --pairs N
//
// Asks as a coordinator for role grants of others and for ids that nobody has, in random order. Ends with
// figures, and with 1 if the answers differ, if the medians differ by 0.2 ms, or if a guess by time alone
// is better than chance by three standard errors and more than 0.03.
import http from 'node:http';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const rest = process.argv.slice(2);
const option = (name) => rest[rest.indexOf(`--${name}`) + 1];
const { hostname, port } = new URL(option('url'));
const tokens = JSON.parse(readFileSync(option('tokens'), 'utf8'));
const pairs = Number(option('pairs'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// Sends a query; gives the body and the milliseconds until its last byte.
const ask = (token, query, variables) => new Promise((resolve, reject) => {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Bearer ${token}` };
    const from = process.hrtime.bigint();
    const request = http.request({ hostname, port, agent, path: '/graphql', method: 'POST', headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (data) => (text += data));
        answer.on('end', () => resolve({ text, took: Number(process.hrtime.bigint() - from) / 1e6 }));
    });
    request.on('error', reject).end(body);
});

const grants = async (token) => JSON.parse((await ask(token, '{ roleGrants(first: 100) { nodes { id } } }')).text).data.roleGrants.nodes.map((node) => node.id);
const mine = new Set(await grants(tokens.PCO));
const hidden = (await grants(tokens.DPO)).filter((id) => !mine.has(id));
if (hidden.length === 0) throw new Error('no grant is hidden from the coordinator');
const absent = () => hidden[0].replace(/_.*/, `_${randomBytes(16).toString('hex')}`);
const pick = (things) => things[Math.floor(Math.random() * things.length)];

const query = 'query ($id: ID!) { node(id: $id) { id ... on RoleGrant { role } } }';
const took = { hidden: [], absent: [] };
const texts = new Set();
const one = async (kind) => {
    const { text, took: milliseconds } = await ask(tokens.PCO, query, { id: kind === 'hidden' ? pick(hidden) : absent() });
    const { data, errors } = JSON.parse(text);
    texts.add(JSON.stringify({ data, errors }));
    took[kind].push(milliseconds);
};
for (let left = 200; left > 0; left -= 1) await one('absent');
took.absent.length = 0;
for (let left = pairs; left > 0; left -= 1) {
    const first = pick(['hidden', 'absent']);
    await one(first);
    await one(first === 'hidden' ? 'absent' : 'hidden');
}
agent.destroy();

const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];
// The chance that a hidden row took longer than an absent one: the area under the curve of a guess by time.
const ranked = Object.entries(took).flatMap(([kind, times]) => times.map((time) => ({ kind, time }))).sort((a, b) => a.time - b.time);
const ranks = ranked.reduce((sum, { kind }, index) => sum + (kind === 'hidden' ? index + 1 : 0), 0);
const area = (ranks - (pairs * (pairs + 1)) / 2) / (pairs * pairs);
const error = Math.sqrt((2 * pairs + 1) / (12 * pairs * pairs));
const [slow, fast] = [median(took.hidden), median(took.absent)];
console.log(`timing: ${pairs} pairs, ${hidden.length} hidden rows, medians ${slow.toFixed(3)} and ${fast.toFixed(3)} ms, guess right ${(100 * area).toFixed(1)} % (chance 50, standard error ${(100 * error).toFixed(1)}), ${texts.size} kind of answer`);
const off = Math.abs(area - 0.5);
process.exitCode = texts.size !== 1 || Math.abs(slow - fast) >= 0.2 || off > Math.max(0.03, 3 * error) ? 1 : 0;
