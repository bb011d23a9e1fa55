// What a gateway of this folder sends to a subgraph with each request; not a program itself.
//
// The client's own token and its trace and request ids are passed on. When the environment
// variable GATEWAY_CREDENTIAL is set, its value goes into the header `alongside-gateway`, by
// which the gateway itself is known; what a client sends under that name is never passed on.

const FORWARDED = ['authorization', 'traceparent', 'x-request-id'];

/** `header` looks a header of the client's request up by its lower-case name. */
export function subgraphHeaders(header) {
  const headers = {};
  for (const name of FORWARDED) {
    const value = header(name);
    if (value) headers[name] = value;
  }
  if (process.env.GATEWAY_CREDENTIAL) headers['alongside-gateway'] = process.env.GATEWAY_CREDENTIAL;
  return headers;
}
