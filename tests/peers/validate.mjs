// Which documents are valid, by the reference implementation of GraphQL.
//
//   node validate.mjs SCHEMA_FILE < DOCUMENTS
//
// DOCUMENTS is a JSON array of texts. Prints a JSON array with, for each, the first reason why it is not
// valid, or null.

import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';

const schema = buildSchema(readFileSync(process.argv[2], 'utf8'));

/** The first reason why `document` is not valid. */
function reason(document) {
  try {
    return validate(schema, parse(document))[0]?.message ?? null;
  } catch (error) {
    return error.message;
  }
}

const documents = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(documents.map(reason)));
