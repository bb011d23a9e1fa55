// Somebody who opens GraphiQL in a browser and runs a query, with puppeteer-core and Chromium.
//
//   node browser.mjs URL QUERY
//
// URL is GraphiQL's page, with the token in its fragment if it takes one there; QUERY has one
// operation (with more, GraphiQL asks which). Opens the page, types QUERY into the editor, presses
// the play button, opens the documentation, and prints one line of JSON:
//
//   title          the page's title
//   response       the text of the response pane
//   documentation  whether the documentation describes the type Query
//   headers        the response headers of the page, by lower-case name
//   console        errors on the console, uncaught ones included
//   violations     what the content security policy refused: {"directive", "blocked", "source"}
//   requests       every URL asked that is not of URL's origin (data: and blob: ask nobody)
//
// The exit code is 1, with a message on standard error, when a step of this cannot be taken in
// 30 s; 2 when called wrongly. Chromium is the program named by the environment variable
// CHROMIUM, or the first of chromium, chromium-browser and google-chrome on the PATH.

import { parse } from 'graphql';
import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';

import { say, usage } from './serve.mjs';

const LIMIT_MS = 30_000;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // Whatever the page or the browser itself would ask elsewhere goes nowhere.
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
const EDITOR = '.graphiql-query-editor .CodeMirror';
const RESPONSE = '.graphiql-response .CodeMirror';

async function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const file = join(folder, name);
      const found = await access(file, constants.X_OK).then(() => true, () => false);
      if (found) return file;
    }
  }
  throw new Error('no chromium, chromium-browser or google-chrome on the PATH: set CHROMIUM');
}

/** Names the step in the message of whatever goes wrong in it. */
async function step(name, promise) {
  try {
    return await promise;
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

/** The whole text of a CodeMirror; the page itself has only the lines in sight. */
function text(page, selector) {
  return page.$eval(selector, (element) => element.CodeMirror.getValue());
}

function parses(query) {
  try {
    return Boolean(parse(query));
  } catch {
    return false;
  }
}

async function run(page, query) {
  const editor = page.waitForSelector(`.graphiql-container ${EDITOR}`, { visible: true });
  await step('the editor', editor);
  await page.click(EDITOR);
  await page.keyboard.down('Control');
  await page.keyboard.press('KeyA');
  await page.keyboard.up('Control');
  // Pasted rather than typed key by key: the editor would close every bracket by itself.
  await page.keyboard.sendCharacter(query);
  const typed = await text(page, EDITOR);
  if (typed !== query) throw new Error(`the editor: it holds ${JSON.stringify(typed)}`);
  // GraphiQL reads the operation's name from the text a moment later, and sends the one before.
  await step(
    'the operation',
    page.waitForFunction(
      (selector, expected) => {
        const { documentAST } = document.querySelector(selector).CodeMirror;
        return (documentAST?.loc.source.body ?? null) === expected;
      },
      {},
      EDITOR,
      parses(query) ? query : null,
    ),
  );

  await step('the play button', page.click('.graphiql-execute-button'));
  await step(
    'the response',
    page.waitForFunction(
      (selector) => document.querySelector(selector)?.CodeMirror?.getValue().trim(),
      {},
      RESPONSE,
    ),
  );
  return text(page, RESPONSE);
}

/** Opens the documentation at the type Query, whose description GraphiQL has from introspection. */
async function documentation(page) {
  const explorer = '.graphiql-doc-explorer';
  await step('the documentation', page.click('button[aria-label="Show Documentation Explorer"]'));
  // The first name of a type on the first page is that of the queries' root.
  const root = `${explorer} a.graphiql-doc-explorer-type-name`;
  await step('the schema', page.waitForSelector(root, { visible: true }));
  const name = await page.$eval(root, (element) => element.textContent);
  await page.click(root);
  await step(
    'the type Query',
    page.waitForFunction(
      (selector, title) => document.querySelector(selector)?.textContent === title,
      {},
      `${explorer}-title`,
      name,
    ),
  );
  return page.$$eval(`${explorer}-content > .graphiql-markdown-description`, (elements) =>
    elements.some((element) => element.textContent.trim() !== ''),
  );
}

async function visit(browser, url, query) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const { origin } = new URL(url);
  const errors = [];
  const requests = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    const { origin: other, protocol, href } = new URL(request.url());
    if (other !== origin && !['data:', 'blob:'].includes(protocol)) requests.push(href);
  });
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    window.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push({
        directive: event.effectiveDirective,
        blocked: event.blockedURI,
        source: event.sourceFile,
      });
    });
  });

  try {
    const answer = await step('the page', page.goto(url));
    const response = await run(page, query);
    return {
      title: await page.title(),
      response,
      documentation: await documentation(page),
      headers: answer.headers(),
      console: errors,
      violations: await page.evaluate(() => window.violations),
      requests,
    };
  } catch (error) {
    throw new Error([error.message, ...errors].join('\n  on the console: '));
  }
}

async function main(url, query) {
  const userDataDir = await mkdtemp(join(tmpdir(), 'alongside-browser-'));
  try {
    const browser = await step(
      'the browser',
      puppeteer.launch({
        executablePath: await chromium(),
        args: FLAGS,
        userDataDir,
        pipe: true,
        defaultViewport: { width: 1600, height: 900 },
      }),
    );
    try {
      say(await visit(browser, url, query));
    } finally {
      await browser.close();
    }
  } finally {
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

const [url, query] = process.argv.slice(2);
if (!url || !query) usage('node browser.mjs URL QUERY');
try {
  await main(url, query);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
