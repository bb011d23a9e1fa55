// Composes subgraphs into a supergraph, with one of two libraries that others wrote.
//
//   node compose.mjs LIBRARY OUT NAME=URL=FILE …
//
// LIBRARY is `apollo` (@apollo/composition) or `guild` (@theguild/federation-composition). FILE
// holds the subgraph's SDL, URL is where the gateway will ask it. Writes the supergraph's SDL to
// OUT and prints {"types": how many types the subgraphs define together, "hints": ["…"]}, one
// line of JSON (`guild` gives no hints). When the subgraphs do not compose, OUT is not written,
// standard error has one error a line, and the exit code is 1; it is 2 when called wrongly.

import { readFile, writeFile } from 'node:fs/promises';

import { composeServices as apollo } from '@apollo/composition';
import { composeServices as guild } from '@theguild/federation-composition';
import { isTypeDefinitionNode, parse } from 'graphql';

import { say, usage } from './serve.mjs';

const LIBRARIES = { apollo, guild };
const USAGE = 'node compose.mjs apollo|guild OUT NAME=URL=FILE …';

async function subgraph(argument) {
  const [, name, url, file] = /^([^=]+)=(.+)=([^=]+)$/.exec(argument) ?? usage(USAGE);
  return { name, url, typeDefs: parse(await readFile(file, 'utf8')) };
}

/** One line for each error, with the code by which the specification knows it. */
function line(error) {
  const code = error.extensions?.code;
  return `${code ? `${code}: ` : ''}${error.message}`.replace(/\s*\n\s*/g, ' ');
}

async function main(library, out, subgraphs) {
  let result;
  try {
    result = library(await Promise.all(subgraphs.map(subgraph)));
  } catch (error) {
    result = { errors: [error] };
  }
  if (result.errors?.length) {
    process.stderr.write(`${result.errors.map(line).join('\n')}\n`);
    return 1;
  }
  await writeFile(out, result.supergraphSdl);
  // Names with two underscores belong to the composition itself: join__Graph, link__Import.
  const types = parse(result.supergraphSdl).definitions.filter(
    (definition) => isTypeDefinitionNode(definition) && !definition.name.value.includes('__'),
  );
  say({ types: types.length, hints: (result.hints ?? []).map(String) });
  return 0;
}

const [name, out, ...subgraphs] = process.argv.slice(2);
if (!Object.hasOwn(LIBRARIES, name ?? '') || !out || subgraphs.length === 0) usage(USAGE);
process.exitCode = await main(LIBRARIES[name], out, subgraphs);
