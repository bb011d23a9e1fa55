// A federation gateway: the runtime of Hive Gateway.
//
//   [GATEWAY_CREDENTIAL=…] node hive-gateway.mjs SUPERGRAPH_FILE
//
// Prints {"url": …} when ready and ends when standard input closes. What it forwards to the
// subgraphs, and what it adds, is in forward.mjs.
//
// The runtime is what the command line of Hive Gateway starts; the package of that command line
// would bring 450 MB of caches, exporters and plugins that are not used here.

import { createGatewayRuntime, Logger } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { subgraphHeaders } from './forward.mjs';
import { endWithInput, listen, say, usage } from './serve.mjs';

const [file] = process.argv.slice(2);
if (!file) usage('node hive-gateway.mjs SUPERGRAPH_FILE');
endWithInput();

// Its own writer uses standard output too, which is for the line above.
const toStandardError = {
  write(level, attributes, message) {
    const details = attributes ? ` ${JSON.stringify(attributes)}` : '';
    process.stderr.write(`${level}: ${message ?? ''}${details}\n`);
  },
};

const gateway = createGatewayRuntime({
  supergraph: await readFile(file, 'utf8'),
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => subgraphHeaders((name) => request.headers.get(name)),
  },
  graphqlEndpoint: '/graphql',
  graphiql: false,
  landingPage: false,
  transports: { http },
  logging: new Logger({ level: 'warn', writers: [toStandardError] }),
});
// A supergraph that cannot be served fails here, not on the first request.
await gateway.getSchema();
say({ url: `${await listen(createServer(gateway))}/graphql` });
