// Every audit of GraphQL over HTTP that the authors of the specification's reference server wrote.
//
//   node audit.mjs URL
//
// Prints {"total": 61, "ok": …, "failed": [{"id", "name", "status", "reason"}]} as one line of
// JSON. The exit code is 0 only when every audit is ok: a recommendation that is not followed
// ("notice", "warn") fails as a broken rule ("error") does. It is 2 when called wrongly.

import { serverAudits } from 'graphql-http';

import { say, usage } from './serve.mjs';

/** A server that never answers fails the audit instead of stopping the run. */
const LIMIT_MS = 30_000;

async function outcome(audit) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([audit.fn(), limit]);
  } catch (error) {
    const { id, name } = audit;
    const reason = error.cause ? `${error.message}: ${error.cause.message}` : error.message;
    return { id, name, status: 'error', reason };
  } finally {
    clearTimeout(timer);
  }
}

const [url] = process.argv.slice(2);
if (!url) usage('node audit.mjs URL');

const results = [];
for (const audit of serverAudits({ url, fetchFn: fetch })) results.push(await outcome(audit));

const failed = results
  .filter(({ status }) => status !== 'ok')
  .map(({ id, name, status, reason }) => ({ id, name, status, reason }));
say({ total: results.length, ok: results.length - failed.length, failed });
process.exitCode = failed.length === 0 ? 0 : 1;
