// A federation gateway: @apollo/gateway in @apollo/server.
//
//   [GATEWAY_CREDENTIAL=…] node apollo-gateway.mjs SUPERGRAPH_FILE
//
// Prints {"url": …} when ready and ends when standard input closes. What it forwards to the
// subgraphs, and what it adds, is in forward.mjs.

import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { readFile } from 'node:fs/promises';

import { subgraphHeaders } from './forward.mjs';
import { endWithInput, logger, say, usage } from './serve.mjs';

class Subgraph extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    const headers = subgraphHeaders((name) => context.headers?.[name]);
    for (const [name, value] of Object.entries(headers)) request.http.headers.set(name, value);
  }
}

const [file] = process.argv.slice(2);
if (!file) usage('node apollo-gateway.mjs SUPERGRAPH_FILE');
endWithInput();

// Both packages report to their maker: with an API key in the environment, and the gateway even
// without one, after asking the metadata services of four clouds where it runs.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('APOLLO_')) delete process.env[name];
}
process.env.APOLLO_TELEMETRY_DISABLED = 'true';

const gateway = new ApolloGateway({
  supergraphSdl: await readFile(file, 'utf8'),
  buildService: ({ url }) => new Subgraph({ url }),
  logger,
});
const server = new ApolloServer({ gateway, logger, introspection: true });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => ({ headers: req.headers }),
});
say({ url });
