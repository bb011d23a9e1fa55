// A neighbouring subgraph, made with @apollo/subgraph and @apollo/server: a calendar of open days.
//
//   node neighbour.mjs [--key id|odsCode] --sdl
//   node neighbour.mjs [--key id|odsCode] --hosts '[{"id": "…", "odsCode": "…"}, …]'
//
// The first prints the subgraph's SDL. The second serves it, prints {"url": …} when ready and
// ends when standard input closes. There is one open day a host, `open-day-1` and so on. One
// more, `open-day-nobody`, has a host that does not exist; it stands behind the first, so that
// good keys surround a bad one in the batch that a gateway sends.
//
// The calendar knows organisations by one key only, which --key names (default: id). With both
// of them at hand, gateways take the first and never ask for an organisation by the other.

import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { parseArgs } from 'node:util';

import { endWithInput, logger, say, usage } from './serve.mjs';

const KEYS = { id: 'id: ID!', odsCode: 'odsCode: String' };

// Fields that need another service are nullable: it may be away, or not know the key.
const sdl = (key) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])

"""
What this calendar knows of an organisation.
"""
type Organisation @key(fields: "${key}") {
  ${KEYS[key]}
  """
  Its open days.
  """
  openDays: [OpenDay!]
}

"""
A day on which anyone may look around.
"""
type OpenDay @key(fields: "id") {
  id: ID!
  """
  The day, as in 2030-04-01.
  """
  on: String!
  """
  Who holds it.
  """
  host: Organisation
}

type Query {
  """
  Every open day.
  """
  openDays: [OpenDay!]!
  """
  One open day; null if there is none.
  """
  openDay(id: ID!): OpenDay
}
`;

const NOBODY = { id: 'open-day-nobody', host: { id: 'no-such-organisation', odsCode: 'ZZ999' } };

function calendar(hosts) {
  const held = hosts.map((host, index) => ({ id: `open-day-${index + 1}`, host }));
  return [...held.slice(0, 1), NOBODY, ...held.slice(1)].map((day, index) => ({
    ...day,
    on: new Date(Date.UTC(2030, 3, 1 + index)).toISOString().slice(0, 10),
  }));
}

function resolvers(key, days) {
  const openDay = (id) => days.find((day) => day.id === id) ?? null;
  return {
    Query: {
      openDays: () => days,
      openDay: (_, { id }) => openDay(id),
    },
    OpenDay: {
      __resolveReference: ({ id }) => openDay(id),
      host: ({ host }) => (host[key] ? { [key]: host[key] } : null),
    },
    Organisation: {
      openDays: (organisation) => days.filter(({ host }) => host[key] === organisation[key]),
    },
  };
}

let options = {};
try {
  const { values } = parseArgs({
    options: {
      key: { type: 'string', default: 'id' },
      sdl: { type: 'boolean' },
      hosts: { type: 'string' },
    },
  });
  options = { ...values, hosts: values.hosts && JSON.parse(values.hosts) };
} catch (error) {
  process.stderr.write(`${error.message}\n`);
}
const { key, hosts } = options;
if (!Object.hasOwn(KEYS, key ?? '') || !(options.sdl || Array.isArray(hosts))) {
  usage(
    `node neighbour.mjs [--key id|odsCode] --sdl | --hosts '[{"id": "…", "odsCode": "…"}, …]'`,
  );
}

if (options.sdl) {
  process.stdout.write(sdl(key));
} else {
  endWithInput();
  const schema = buildSubgraphSchema({
    typeDefs: parse(sdl(key)),
    resolvers: resolvers(key, calendar(hosts)),
  });
  const server = new ApolloServer({ schema, logger, introspection: true });
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
  say({ url });
}
