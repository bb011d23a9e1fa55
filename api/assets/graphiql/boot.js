// Starts GraphiQL on this service. Nothing here or in the vendored files calls another host.
//
// The bearer token goes in the headers tab: {"Authorization": "Bearer …"}. A link may carry it in
// the fragment, which browsers send to nobody: /graphiql#token=…. It is kept in memory only.
(() => {
  'use strict';

  const ENDPOINT = '/graphql';

  const DEFAULT_QUERY = `# Alongside GraphiQL
#
# Press the play button, or Ctrl-Enter, to run the query.
# Press Ctrl-Space for what can be written at the cursor.
# A bearer token goes in the Headers tab below:
# {"Authorization": "Bearer …"}

query Regions {
  regions(first: 10) {
    nodes {
      id
      odsCode
      name
    }
  }
}
`;

  /** The token of the address' fragment. It is taken out of the address bar and its history entry. */
  function tokenOfFragment() {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (token) history.replaceState(null, '', location.pathname + location.search);
    return token;
  }

  /** Whether the operation that will run is a subscription. The service judges a text that does not parse. */
  function isSubscription({ query, operationName }) {
    let definitions;
    try {
      definitions = GraphiQL.GraphQL.parse(query).definitions;
    } catch {
      return false;
    }
    const operations = definitions.filter(({ kind }) => kind === 'OperationDefinition');
    const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
    return chosen?.operation === 'subscription';
  }

  function post(params, headers, accept, signal) {
    return fetch(ENDPOINT, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(params),
      signal,
    });
  }

  /** The JSON of an answer, whatever its status; anything else becomes a readable error. */
  async function json(response) {
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`HTTP ${response.status}: ${text || response.statusText}`);
    }
  }

  /** Reads server-sent events: every `next` goes to the observer, `complete` or the end closes it. */
  async function readEvents(response, observer) {
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      observer.next(await json(response));
      observer.complete();
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      buffer += value;
      const blocks = buffer.split(/\r?\n\r?\n/);
      buffer = blocks.pop();
      for (const block of blocks) {
        let event = 'message';
        const data = [];
        for (const line of block.split(/\r?\n/)) {
          if (line.startsWith('event:')) event = line.slice(6).trim();
          if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
        }
        if (event === 'next') observer.next(JSON.parse(data.join('\n')));
        if (event === 'complete') {
          observer.complete();
          return;
        }
      }
    }
    observer.complete();
  }

  /** A subscription as GraphiQL takes it; its stop button ends the request. */
  function subscription(params, headers) {
    return {
      subscribe(observer) {
        const controller = new AbortController();
        post(params, headers, 'text/event-stream', controller.signal)
          .then((response) => readEvents(response, observer))
          .catch((error) => {
            if (!controller.signal.aborted) observer.error(error);
          });
        return { unsubscribe: () => controller.abort() };
      },
    };
  }

  /** The browser's storage, less all headers: GraphiQL's history would keep tokens there. */
  const storage = {
    get length() {
      return localStorage.length;
    },
    getItem: (key) => localStorage.getItem(key),
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
    setItem(key, value) {
      const part = key.slice(key.indexOf(':') + 1);
      if (part === 'headers') return;
      const kept = ['queries', 'favorites', 'tabState'].includes(part)
        ? JSON.stringify(JSON.parse(value, (name, it) => (name === 'headers' ? undefined : it)))
        : value;
      localStorage.setItem(key, kept);
    },
  };

  const token = tokenOfFragment();
  const prefilled = token ? { Authorization: `Bearer ${token}` } : undefined;
  // GraphiQL asks for the schema before its header editor exists, and so without headers.
  let headersOfFirstRequest = prefilled;

  function fetcher(params, options) {
    const headers = options?.headers ?? headersOfFirstRequest ?? {};
    headersOfFirstRequest = undefined;
    if (isSubscription(params)) {
      return subscription(params, headers);
    }
    const accept = 'application/graphql-response+json, application/json;q=0.9';
    return post(params, headers, accept).then(json);
  }

  const headers = prefilled ? JSON.stringify(prefilled, null, 2) : undefined;

  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: DEFAULT_QUERY,
      headers,
      defaultHeaders: headers,
      isHeadersEditorEnabled: true,
      // Opens on the headers, where the token goes.
      defaultEditorToolsVisibility: 'headers',
      shouldPersistHeaders: false,
      storage,
      plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    }),
  );
})();
