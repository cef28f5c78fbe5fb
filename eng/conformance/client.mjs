// The suite's client scenarios: it starts an MCP server (and what authorizes for it) and this program with the server's URL.
// What is under test is a Behalf server of its own: it takes the URL as a connector, registers, sends a person through the
// consent, and calls every tool as that person. Loopback names are no origins that may be listed, so a relay gives each of
// the suite's ports an address, and the two spellings are exchanged on the way.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Person } from '../../tests/Interop/lib/person.mjs';
import { behalf } from '../../tests/Interop/lib/world.mjs';

const verifyUrl = 'https://app.acme.com/connected';
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

/** Ports that a process listens at. */
async function portsOf(pid) {
  const sockets = new Set();
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    if (target.startsWith('socket:[')) sockets.add(target.slice(8, -1));
  }
  const ports = new Set();
  for (const table of ['tcp', 'tcp6'])
    for (const line of (await readFile(`/proc/net/${table}`, 'utf8')).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && sockets.has(inode)) ports.add(parseInt(local.split(':')[1], 16));
    }
  return [...ports];
}

/** Of the nearest process above this one that listens at the port. */
async function suitePorts(port) {
  for (let pid = process.ppid; pid > 1; ) {
    const ports = await portsOf(pid);
    if (ports.includes(port)) return ports;
    pid = Number(/^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]);
  }
  return [port];
}

const pairs = [];
const both = (text, from, to) => {
  for (const pair of pairs) {
    text = text.replaceAll(pair[from], pair[to]).replaceAll(encodeURIComponent(pair[from]), encodeURIComponent(pair[to]));
  }
  return text;
};
const outward = text => both(text, 'relay', 'suite');
const inward = text => both(text, 'suite', 'relay');

async function relay(port) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = outward(Buffer.concat(chunks).toString());
    const headers = Object.fromEntries(
      Object.entries(request.headers)
        .filter(([name]) => !['host', 'content-length', 'transfer-encoding', 'connection', 'accept-encoding'].includes(name))
        .map(([name, value]) => [name, outward(String(value))]));
    const answer = await fetch(`http://localhost:${port}${outward(request.url)}`, {
      method: request.method, headers, body: body || undefined, redirect: 'manual' });
    const told = {};
    for (const [name, value] of answer.headers)
      if (!['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(name)) told[name] = inward(value);
    response.writeHead(answer.status, told);
    response.end(inward(await answer.text()));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  pairs.push({ suite: `localhost:${port}`, relay: `127.0.0.1:${server.address().port}` });
  return server;
}

const url = new URL(process.argv.at(-1));
const folder = await mkdtemp(path.join(tmpdir(), 'behalf-conformance-client-'));
const relays = [];
let server;
try {
  for (const port of await suitePorts(Number(url.port))) relays.push(await relay(port));
  const data = path.join(folder, 'data');
  server = spawn(behalf, ['serve', '--data', data, '--urls', 'http://127.0.0.1:0',
    ...pairs.flatMap(pair => ['--allow-private-origin', `http://${pair.relay}`])], { stdio: ['ignore', 'inherit', 'inherit'] });
  let credentials;
  for (let tries = 0; !credentials && tries < 600; tries++) {
    await new Promise(resolve => setTimeout(resolve, 100));
    credentials = await readFile(path.join(data, 'server.json'), 'utf8')
      .then(() => readFile(path.join(data, 'credentials.json'), 'utf8')).then(JSON.parse).catch(() => undefined);
  }
  const token = (await (await fetch(`${credentials.environment_url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: credentials.client_id, client_secret: credentials.client_secret }),
  })).json()).access_token;
  const api = async (method, route, body) => {
    const response = await fetch(`${credentials.environment_url}/api/v1/${route}`, {
      method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return JSON.parse(text);
  };

  /** The server as a connector of its own, at the authorization server that it names now. */
  async function add(slug) {
    await api('POST', 'behalf/connectors:remote', { url: inward(url.href), slug });
    await api('POST', 'behalf/connections', {
      connector: slug, client_id: context.client_id, client_secret: context.client_secret });
  }

  /** A person goes through the consent, with a browser that knows nobody. */
  async function connect(connector) {
    const { link } = await api('POST', 'connected_accounts/magic_link',
      { connector, identifier: 'alice', user_verify_url: verifyUrl });
    const alice = new Person('alice');
    const page = await alice.open(link);
    const end = await alice.submit(page, page.html.includes('id="credential"') ? 'credential' : 'continue', {}, verifyUrl);
    if (!end.url.startsWith(verifyUrl)) throw new Error(`the consent ended at ${end.url}: ${end.html.slice(0, 500)}`);
    await api('POST', 'connected_accounts/user/verify',
      { auth_request_id: new URL(end.url).searchParams.get('auth_request_id'), identifier: 'alice' });
  }

  /**
   * Does it, and once more after what the refusal asks the operator and the person for: the scopes it names, or, where the
   * credential is no longer taken, the server added anew.
   */
  let connector = 'remote';
  async function execute(tool, params) {
    const call = () => api('POST', 'execute_tool', {
      tool_name: `${connector}_${tool}`, connector, identifier: 'alice', params });
    try {
      return await call();
    } catch (refusal) {
      const wanted = /wants ((?:[!-~]+ )*[!-~]+?)\. Add what is missing/.exec(refusal.message)?.[1];
      if (wanted) {
        const { scopes } = await api('GET', `behalf/connections/${connector}`);
        await api('PATCH', `behalf/connections/${connector}`, {
          scopes: [...new Set([...scopes, ...wanted.split(' ')])] });
      } else if (/reconnect_required|app_blocked|account_not_active/.test(refusal.message) && connector === 'remote') {
        connector = 'moved';
        await add(connector);
      } else throw refusal;
      await connect(connector);
      if (connector === 'moved') await offer();
      return call();
    }
  }

  /** The first account asks what the server has, and the operator accepts it. */
  async function offer() {
    await execute('refresh_tools', {});
    await api('PATCH', `behalf/connections/${connector}`, { accept_newest: true });
  }

  await add(connector);
  await connect(connector);
  await offer();
  const { tools } = await api('GET', `tools/scoped?identifier=alice&filter.connection_names=${connector}`);
  for (const { tool: { definition } } of tools) {
    const schema = definition.input_schema;
    const given = Object.entries(schema.properties ?? {}).map(([name, of]) => [name,
      of.const ?? of.enum?.[0] ?? { number: 5, integer: 5, boolean: true, array: [], object: {} }[of.type] ?? 'x']);
    const bare = definition.name.slice(definition.name.indexOf('_') + 1);
    console.log(bare, JSON.stringify(await execute(bare, Object.fromEntries(given))));
  }
} finally {
  server?.kill('SIGTERM');
  for (const one of relays) one.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
