// Plays a person in Chromium: opens an authorization link, reads the page, connects at the practice Asana, and meets the
// pages of everything that can go wrong. Every rule is one test; a failing one does not stop the others.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Provider from 'oidc-provider';
import { chromium } from 'playwright-core';
import { startProvider } from '../conformance/provider.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const behalf = path.join(root, 'behalf');
const shots = path.join(root, 'artifacts', 'browser');
const folder = await mkdtemp(path.join(tmpdir(), 'behalf-browser-'));
const data = path.join(folder, 'data');
const run = promisify(execFile);
const children = [];
const results = [];

function start(args, ready) {
  const child = spawn(behalf, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', chunk => (output += chunk));
  child.stderr.on('data', chunk => (output += chunk));
  children.push(child);
  const ended = new Promise((_, reject) =>
    child.on('exit', code => reject(new Error(`${args[0]} ended with ${code}:\n${output}`))));
  return Promise.race([ended, appears(ready)]);
}

async function appears(file) {
  for (let i = 0; i < 1200; i++) {
    if (await stat(file).catch(() => null)) return JSON.parse(await readFile(file, 'utf8'));
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${file} did not appear`);
}

/** A port that nobody listens on now. */
async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function cli(...args) {
  const { stdout } = await run(behalf, [...args, '--json'], { env: { ...process.env, BEHALF_DATA: data } });
  return JSON.parse(stdout);
}

async function rule(name, body) {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(error.message));
  try {
    await body(page, context);
    if (complaints.some(text => /Content Security Policy|Refused to/.test(text))) throw new Error(complaints.join('\n'));
    results.push({ name, passed: true });
    console.log(`  passed  ${name}`);
  } catch (error) {
    results.push({ name, passed: false, error: String(error) });
    console.log(`  FAILED  ${name}\n          ${String(error).split('\n').join('\n          ')}`);
    await page.screenshot({ path: path.join(shots, `failed-${results.length}.png`), fullPage: true }).catch(() => {});
  } finally {
    await context.close();
  }
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

const link = async identifier =>
  (await cli('account', 'link', '--connection', 'asana', '--identifier', identifier)).link;

async function consent(page, person, decision = 'allow') {
  await page.click('form#continue button');
  await page.fill('input[name=username]', person);
  await page.fill('input[name=password]', `${person}-practice`);
  await page.click('form#sign-in button');
  await page.click(`form#consent button[value=${decision}]`);
}

async function readable(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(!wide, 'the page scrolls sideways');
  const bare = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    main: document.querySelectorAll('main').length,
    scripts: document.querySelectorAll('script').length,
    unlabelled: [...document.querySelectorAll('button, a, input:not([type=hidden])')]
      .filter(e => !(e.textContent || e.getAttribute('aria-label') || e.labels?.length)).length,
  }));
  expect(bare.lang === 'en' && bare.title && bare.headings === 1 && bare.main === 1, `structure: ${JSON.stringify(bare)}`);
  expect(bare.scripts === 0 && bare.unlabelled === 0, `scripts or controls without a name: ${JSON.stringify(bare)}`);
}

await mkdir(shots, { recursive: true });
let browser;
try {
  const sandbox = await start(
    ['sandbox', '--urls', 'http://127.0.0.1:0', '--ready-file', path.join(folder, 'sandbox.json')],
    path.join(folder, 'sandbox.json'));
  const providerPort = await freePort();
  const server = await start(
    ['serve', '--data', data, '--urls', 'http://127.0.0.1:0', '--allow-private-origin', sandbox.url,
      '--allow-private-origin', `http://127.0.0.1:${providerPort}`],
    path.join(data, 'server.json'));
  const app = await (await fetch(`${sandbox.url}/_sandbox/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Browser suite', redirect_uris: [] }),
  })).json();
  await writeFile(path.join(folder, 'secret'), app.client_secret, { mode: 0o600 });
  const connection = await cli(
    'connection', 'add', 'asana', '--client-id', app.client_id, '--client-secret-file', path.join(folder, 'secret'),
    '--base-url', sandbox.url, '--oauth-url', sandbox.url);
  await fetch(`${sandbox.url}/_sandbox/apps/${app.client_id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    // As a person would in the developer console: what `connection add` printed.
    body: JSON.stringify({ redirect_uris: [connection.redirect_uri], scopes: connection.scopes }),
  });

  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });

  await rule('LinkPage_SaysWhoConnectsWhat_AndFitsASmallScreen', async page => {
    const response = await page.goto(await link('alice'));
    const headers = response.headers();
    expect(/default-src 'none'/.test(headers['content-security-policy'] ?? ''), 'no strict content security policy');
    expect(/no-store/.test(headers['cache-control'] ?? ''), 'the page may be cached');
    const text = await page.innerText('main');
    expect(text.includes('alice') && text.includes('Asana'), `the page does not say who connects what: ${text}`);
    for (const ability of ['List my tasks', 'Create a task'])
      expect(await page.isVisible(`li:text-is("${ability}")`), `"${ability}" is not to be seen`);
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'link.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'link-320.png'), fullPage: true });
  });

  await rule('Link_IsNotBurnt_ByLookingAtIt', async page => {
    const url = await link('alice');
    for (let i = 0; i < 3; i++) await page.goto(url);
    expect(await page.isVisible('form#continue button'), 'looking at the link used it up');
  });

  await rule('Button_CanBeReachedAndPressed_WithTheKeyboard', async page => {
    await page.goto(await link('alice'));
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.closest('form')?.id === 'continue')) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${sandbox.url}/**`);
  });

  await rule('Account_BecomesActive_WhenTheCodeOnThePageIsTyped', async page => {
    await page.goto(await link('alice'));
    await consent(page, 'alice');
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'code.png'), fullPage: true });
    const code = (await page.innerText('#code')).trim();
    await cli('account', 'verify', '--code', code, '--identifier', 'alice');
    const account = await cli('account', 'show', '--connection', 'asana', '--identifier', 'alice');
    expect(account.status === 'ACTIVE', `alice's account is ${account.status}`);
  });

  await rule('UsedLink_SaysSo', async page => {
    const url = await link('bob');
    await page.goto(url);
    await page.click('form#continue button');
    await page.goto(url);
    expect(!(await page.isVisible('form#continue button')), 'a used link can be used again');
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'used.png'), fullPage: true });
  });

  await rule('Refusal_AtTheProvider_HasItsPage', async page => {
    await page.goto(await link('bob'));
    await consent(page, 'bob', 'deny');
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'refused.png'), fullPage: true });
  });

  await rule('Cancel_EndsTheLink', async page => {
    const url = await link('bob');
    await page.goto(url);
    await page.click('form#cancel button');
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'cancelled.png'), fullPage: true });
    await page.goto(url);
    expect(!(await page.isVisible('form#continue button')), 'a cancelled link can be used');
  });

  await rule('Callback_InAnotherBrowser_IsRefused', async (page, context) => {
    await page.goto(await link('carol'));
    let callback;
    // Redirects cannot be intercepted: the answer that holds this one is kept from the browser.
    await page.route(`${sandbox.url}/-/oauth_authorize`, async route => {
      if (route.request().method() !== 'POST') return route.continue();
      callback = (await route.fetch({ maxRedirects: 0 })).headers().location;
      return route.fulfill({ status: 200, contentType: 'text/html', body: '<title>kept</title>' });
    });
    await consent(page, 'carol');
    await page.waitForFunction(() => document.title === 'kept');
    expect(callback, 'the provider did not send the browser back');
    const other = await browser.newContext();
    const elsewhere = await other.newPage();
    await elsewhere.goto(callback);
    expect(!(await elsewhere.isVisible('#code')), 'another browser got the code');
    await readable(elsewhere);
    await elsewhere.screenshot({ path: path.join(shots, 'other-browser.png'), fullPage: true });
    await other.close();
  });

  const password = 'correct horse battery staple';
  await writeFile(path.join(folder, 'password'), password, { mode: 0o600 });
  for (const person of ['alice', 'dave'])
    await cli('person', 'add', person, '--password-file', path.join(folder, 'password'));
  const client = await cli(
    'mcp-client', 'add', 'Sample client', '--redirect-uri', 'http://127.0.0.1/callback');
  const listener = createServer((request, response) => response.end('<title>back at the client</title>'));
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${listener.address().port}/callback`;
  const request = () => {
    const verifier = randomBytes(32).toString('base64url');
    const url = new URL(`${server.url}/oauth/authorize`);
    url.search = new URLSearchParams({
      response_type: 'code', client_id: client.client_id, redirect_uri: redirectUri, resource: `${server.url}/mcp`,
      scope: 'tools:read tools:write offline_access', state: 'a state', code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    return { url: url.href, verifier };
  };
  const signIn = async (page, person) => {
    await page.fill('input[name=name]', person);
    await page.fill('input[name=password]', password);
    await page.click('form#password-form button');
  };

  /** Exchanges the code that the browser ended with, and gives a way to call tools. */
  const toolsOf = async (page, verifier) => {
    const tokens = await (await fetch(`${server.url}/oauth/access_token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code', code: new URL(page.url()).searchParams.get('code'),
        redirect_uri: redirectUri, client_id: client.client_id, code_verifier: verifier }),
    })).json();
    return async (name, args) => {
      const response = await fetch(`${server.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json',
          accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
      });
      const body = await response.text();
      return JSON.parse(body.match(/^data: (.*)$/m)?.[1] ?? body).result;
    };
  };

  await rule('McpClient_GetsThePersonsTools_AfterSignInAndConsent_AndTheAccountIsConnectedFromTheChat', async page => {
    const { url, verifier } = request();
    await page.goto(url);
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'sign-in.png'), fullPage: true });
    await signIn(page, 'dave');
    await page.waitForSelector('form#consent');
    expect((await page.innerText('main')).includes('127.0.0.1'), 'the page does not say where the answer goes');
    expect(await page.isVisible('#local-warning'), 'a local client is not warned of');
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'consent.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    await readable(page);
    await page.click('form#consent button[value=allow]');
    await page.waitForURL(`${redirectUri}?**`);
    const back = new URL(page.url());
    expect(back.searchParams.get('iss') === `${server.url}/oauth`, `no issuer in ${back}`);
    const call = await toolsOf(page, verifier);
    const offered = await call('behalf_connections', { connect: 'asana' });
    await page.goto(offered.structuredContent.link);
    await consent(page, 'dave');
    await page.waitForSelector('.fine h1');
    const me = await call('asana_get_user', { user: 'me' });
    expect(!me.isError && JSON.stringify(me).toLowerCase().includes('dave'), JSON.stringify(me));
  });

  await rule('LinkForSomeoneElse_SaysWhoItIsFor_AndConnectsNothing', async page => {
    const { url, verifier } = request();
    await page.goto(url);
    await signIn(page, 'alice');
    await page.click('form#consent button[value=allow]');
    await page.waitForURL(`${redirectUri}?**`);
    const call = await toolsOf(page, verifier);
    const alices = (await call('behalf_connections', { connect: 'asana' })).structuredContent.link;
    const other = await browser.newContext();
    const daves = await other.newPage();
    await daves.goto(alices);
    await signIn(daves, 'dave');
    await daves.waitForSelector('.bad h1');
    expect((await daves.innerText('main')).includes('made for alice'), await daves.innerText('main'));
    await readable(daves);
    await daves.screenshot({ path: path.join(shots, 'not-you.png'), fullPage: true });
    await other.close();
  });

  await rule('IdentityProvider_SignsThePersonIn_AndTheConsentGoesOnFromThere', async page => {
    const provider = await startProvider(Provider, providerPort, `${server.url}/sign-in/callback`, {
      'subject-1': { name: 'Erin of Acme', email: 'erin@acme.com', email_verified: true, groups: [] },
    });
    try {
      await cli(
        'identity-provider', 'set', provider.issuer, '--client-id', 'behalf', '--client-secret', provider.secret,
        '--scopes', 'openid', 'profile', 'email', '--identifier-claim', 'email');
      const { url, verifier } = request();
      await page.goto(url);
      await readable(page);
      await page.screenshot({ path: path.join(shots, 'sign-in-provider.png'), fullPage: true });
      await page.click('form#provider button');
      await page.waitForURL(`${provider.issuer}/**`);
      await page.fill('form#who input[name=name]', 'subject-1');
      await page.click('form#who button');
      await page.waitForSelector('form#consent');
      expect((await page.innerText('main')).includes('erin@acme.com'), await page.innerText('main'));
      await page.click('form#consent button[value=allow]');
      await page.waitForURL(`${redirectUri}?**`);
      const call = await toolsOf(page, verifier);
      const offered = await call('behalf_connections', { connect: 'asana' });
      await page.goto(offered.structuredContent.link);
      expect((await page.innerText('#identifier')) === 'erin@acme.com', await page.innerText('main'));
    } finally {
      await provider.close();
    }
  });

  await rule('ConnectClientPage_HasTheStepsOfEachClient_AndCopies', async (page, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
    await page.goto(`${server.url}/connect-client`);
    for (const section of ['claude-code', 'claude', 'chatgpt', 'cursor', 'vscode', 'codex', 'inspector', 'others'])
      expect(await page.isVisible(`section#${section} h2`), `no steps for ${section}`);
    const url = `${server.url}/mcp`;
    const texts = {
      'url': url,
      'claude-code-command': `claude mcp add --transport http behalf ${url}`,
      'claude-desktop-config': `{ "mcpServers": { "behalf": { "command": "npx", "args": ["-y", "mcp-remote", "${url}"] } } }`,
      'cursor-config': `{ "mcpServers": { "behalf": { "url": "${url}" } } }`,
      'vscode-command': `code --add-mcp '{"name":"behalf","type":"http","url":"${url}"}'`,
      'codex-command': `codex mcp add behalf --url ${url} && codex mcp login behalf`,
      'inspector-command':
        `npx @modelcontextprotocol/inspector@2.12.0 --cli --server-url ${url} --transport http --method tools/list`,
    };
    const shown = await page.$$eval('button[data-copy]', buttons => buttons.map(button => button.dataset.copy));
    expect(shown.join() === Object.keys(texts).join(), `there is to copy: ${shown}`);
    for (const [id, text] of Object.entries(texts)) {
      await page.click(`button[data-copy="${id}"]`);
      await page.waitForSelector(`button[data-copy="${id}"]:text-is("Copied")`);
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied === text, `copied for ${id}: ${copied}`);
    }
    expect(
      (await page.innerText('section#others')).includes('behalf mcp-client add NAME --redirect-uri URI'),
      await page.innerText('section#others'));
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    expect(!wide, 'the page scrolls sideways');
    await page.screenshot({ path: path.join(shots, 'connect-client-320.png'), fullPage: true });
  });

  await rule('AccessPage_ShowsWhatActsForOne_AndEndsIt', async page => {
    const { url, verifier } = request();
    await page.goto(url);
    await signIn(page, 'dave');
    await page.click('form#consent button[value=allow]');
    await page.waitForURL(`${redirectUri}?**`);
    const call = await toolsOf(page, verifier);
    const before = await call('behalf_connections', {});
    expect(before?.structuredContent, 'the client was not let in');
    await page.goto(`${server.url}/access`);
    const text = await page.innerText('main');
    for (const word of ['dave', 'Sample client', 'reads, creates, changes and deletes', 'asana', 'connected'])
      expect(text.includes(word), `the page does not say "${word}": ${text}`);
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'access.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'access-320.png'), fullPage: true });
    await page.click('#clients button');
    await page.waitForSelector('#outcome');
    expect((await page.innerText('main')).includes('has to ask you again'), await page.innerText('main'));
    expect(await page.isVisible('#no-clients'), 'the client is still listed');
    expect((await call('behalf_connections', {})) === undefined, 'the client was let in once more');
    await page.click('#sign-out');
    await page.waitForSelector('h1:text-is("Signed out")');
    await page.goto(`${server.url}/access`);
    expect(await page.isVisible('form#password-form'), 'the page is shown to nobody');
  });
  await new Promise(resolve => { listener.closeAllConnections(); listener.close(resolve); });

  await rule('UnknownLink_SaysNothingOfAnybody', async page => {
    await page.goto(`${server.url}/magicLink/${'A'.repeat(43)}`);
    await readable(page);
    await page.screenshot({ path: path.join(shots, 'unknown.png'), fullPage: true });
  });
} catch (error) {
  results.push({ name: 'Setup', passed: false, error: String(error) });
  console.log(`  FAILED  Setup\n          ${error}`);
} finally {
  await browser?.close();
  for (const child of children.reverse()) child.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

await writeFile(path.join(shots, 'results.json'), JSON.stringify(results, null, 2));
const failed = results.filter(result => !result.passed).length;
console.log(`${results.length - failed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && results.length > 1 ? 0 : 1);
