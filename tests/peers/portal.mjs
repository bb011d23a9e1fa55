// A partner's portal in miniature, on a GraphQL client and a validator that others wrote.
//
//   node portal.mjs URL [TOKEN]
//
// Reads {"query": "…", "variables": {…}} as JSON from standard input (`variables` may be left
// out), asks the service for its schema, validates the document against it, sends it, and
// prints {"data": …, "errors": […]} as one line of JSON; `errors` only when there are some. GraphQL errors in the answer are an answer: the exit code is 0.
// It is 1, with a message on standard error, when the input is not such JSON, introspection or
// validation fails, or no GraphQL answer comes back; 2 when called wrongly.

import { buildClientSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { ClientError, GraphQLClient } from 'graphql-request';

class Failure extends Error {}

/** Runs one step; whatever goes wrong in it is reported under the step's name. */
async function step(name, run) {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(`${name}: ${describe(cause)}`);
  }
}

/** The errors of an answer, or the message of anything else, with the cause fetch hides below it. */
function describe(error) {
  if (error instanceof ClientError) {
    const { status, errors, body } = error.response;
    return `HTTP ${status} ${errors ? JSON.stringify(errors) : (body ?? error.message)}`;
  }
  return error.cause ? `${error.message}: ${error.cause.message}` : error.message;
}

async function standardInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends a request; an HTTP error that carries GraphQL errors is an answer too. */
async function send(client, request) {
  try {
    return await client.rawRequest(request);
  } catch (error) {
    if (error instanceof ClientError && Array.isArray(error.response.errors)) return error.response;
    throw error;
  }
}

async function main(url, token) {
  const request = await step('input', async () => {
    const { query, variables } = JSON.parse(await standardInput());
    if (typeof query !== 'string') throw new Error('"query" must be text');
    return { query, variables };
  });
  const client = new GraphQLClient(url, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });

  const schema = await step('introspection', async () => {
    const { data, errors } = await send(client, {
      query: getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    });
    if (errors) throw new Error(JSON.stringify(errors));
    return buildClientSchema(data);
  });

  const problems = await step('validation', () => validate(schema, parse(request.query)));
  if (problems.length > 0) {
    throw new Failure(`validation: ${problems.map(String).join('\n')}`);
  }

  const { data, errors } = await step('request', () => send(client, request));
  process.stdout.write(`${JSON.stringify({ data, errors })}\n`);
}

const [url, token] = process.argv.slice(2);
if (!url) {
  process.stderr.write('usage: node portal.mjs URL [TOKEN] < request.json\n');
  process.exitCode = 2;
} else {
  try {
    await main(url, token);
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
