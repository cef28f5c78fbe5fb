// The suite's client scenarios: it starts an MCP server (and what authorizes for it) and this program with the server's URL.
// What is under test is a Behalf server (lanes.mjs): it takes the URL as a connector, registers, sends a person through the
// consent, and calls every tool as that person. Loopback names are no origins that may be listed, so a relay gives each of
// the suite's ports an address that is, and the two spellings are exchanged on the way.
import { randomBytes } from 'node:crypto';
import { readFile, readdir, readlink } from 'node:fs/promises';
import http from 'node:http';
import { Person } from '../../tests/Interop/lib/person.mjs';
import { McpPerson } from './mcp-person.mjs';

const verifyUrl = 'https://app.acme.com/connected';
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const { credentials, ports } = JSON.parse(await readFile(process.env.BEHALF_CONFORMANCE_LANE, 'utf8'));

/** Where the suite takes the document about the client under test to be; it serves none and asks nobody for it. */
const documentUrl = 'https://conformance-test.local/client-metadata.json';
const client = scenario === 'auth/basic-cimd'
  ? { client_id: documentUrl } : { client_id: context.client_id, client_secret: context.client_secret };

/** Servers that ask the person something: they are called by the person's own MCP client, which can be asked. */
const asksThePerson = ['elicitation-sep1034-client-defaults', 'sep-2322-client-request-state'].includes(scenario);

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

const ofTheConnection = ['host', 'content-length', 'content-encoding', 'transfer-encoding', 'connection', 'accept-encoding'];
const passed = (headers, spelled) => Object.fromEntries(
  [...headers].filter(([name]) => !ofTheConnection.includes(name)).map(([name, value]) => [name, spelled(String(value))]));

/** Line by line where the answer is a stream of events, which may never end. */
async function relay(port, at) {
  const server = http.createServer(async (request, response) => {
    const left = new AbortController();
    response.on('close', () => left.abort());
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = await fetch(`http://localhost:${port}${outward(request.url)}`, {
        method: request.method, headers: passed(Object.entries(request.headers), outward),
        body: outward(Buffer.concat(chunks).toString()) || undefined, redirect: 'manual', signal: left.signal });
      response.writeHead(answer.status, passed(answer.headers, inward));
      if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
        response.end(inward(await answer.text()));
        return;
      }
      response.flushHeaders();
      const decoder = new TextDecoder();
      let line = '';
      for await (const chunk of answer.body) {
        const lines = (line + decoder.decode(chunk, { stream: true })).split('\n');
        line = lines.pop();
        for (const whole of lines) response.write(`${inward(whole)}\n`);
      }
      response.end(inward(line));
    } catch {
      response.destroy();
    }
  });
  await new Promise(resolve => server.listen(at, '127.0.0.1', resolve));
  pairs.push({ suite: `localhost:${port}`, relay: `127.0.0.1:${at}` });
  return server;
}

const token = (await (await fetch(`${credentials.environment_url}/oauth/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials', client_id: credentials.client_id, client_secret: credentials.client_secret }),
})).json()).access_token;

async function api(method, route, body) {
  const response = await fetch(`${credentials.environment_url}/api/v1/${route}`, {
    method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok)
    throw Object.assign(new Error(`${method} ${route}: ${response.status} ${text}`), { said: JSON.parse(text).message });
  return JSON.parse(text);
}

const url = new URL(process.argv.at(-1));
const relays = [];
let connector = `c${randomBytes(4).toString('hex')}`;
let moved = false;

/** The server as a connector of its own, at the authorization server that it names now. */
async function add(slug) {
  await api('POST', 'behalf/connectors:remote', { url: inward(url.href), slug });
  await api('POST', 'behalf/connections', { connector: slug, ...client });
}

/** A person goes through the consent, with a browser that knows nobody. */
async function connect() {
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
 * credential is no longer taken, the server added anew. A call that the server itself refuses is the server's affair.
 */
async function execute(tool, params) {
  const call = () => api('POST', 'execute_tool', {
    tool_name: `${connector}_${tool}`, connector, identifier: 'alice', params });
  try {
    return await call();
  } catch (refusal) {
    const wanted = /wants (\S+(?: \S+)*?)\. Add what is missing/.exec(refusal.said)?.[1];
    if (wanted) {
      const { scopes } = await api('GET', `behalf/connections/${connector}`);
      await api('PATCH', `behalf/connections/${connector}`, { scopes: [...new Set([...scopes, ...wanted.split(' ')])] });
    } else if (/reconnect_required|app_blocked|account_not_active/.test(refusal.message) && !moved) {
      moved = true;
      connector += 'b';
      await add(connector);
    } else if (/ refused tools\/call/.test(refusal.said)) return { refused: refusal.said };
    else throw refusal;
    await connect();
    if (!wanted) await offer();
    return call();
  }
}

/** The first account asks what the server has, and the operator accepts it. */
async function offer() {
  await execute('refresh_tools', {});
  await api('PATCH', `behalf/connections/${connector}`, { accept_newest: true });
}

/** Something for each argument; what the suite wants given, where it says so. An argument that is null is not given. */
function argumentsOf(tool, schema) {
  const told = context.toolCalls?.find(one => one.name === tool)?.arguments;
  const given = Object.entries(schema.properties ?? {}).map(([name, of]) => [name,
    of.const ?? (told ? told[name] : of.enum?.[0] ?? { number: 5, integer: 5, boolean: true, array: [], object: {} }[of.type] ?? 'x')]);
  return Object.fromEntries(given.filter(([, value]) => value !== null && value !== undefined));
}

async function personsClient() {
  const { config } = await api('POST', 'mcp/configs', {
    name: connector, connection_tool_mappings: [{ connection_name: connector }] });
  const session = await api('POST', `mcp/configs/${config.id}/tokens`, { identifier: 'alice' });
  return McpPerson.open(config.mcp_server_url, session.token, process.env.MCP_CONFORMANCE_PROTOCOL_VERSION);
}

try {
  for (const [index, port] of (await suitePorts(Number(url.port))).entries()) relays.push(await relay(port, ports[index]));
  await add(connector);
  await connect();
  await offer();
  const person = asksThePerson ? await personsClient() : null;
  const { tools } = await api('GET', `tools/scoped?identifier=alice&filter.connection_names=${connector}`);
  for (const { tool: { definition } } of tools) {
    const bare = definition.name.slice(definition.name.indexOf('_') + 1);
    const params = argumentsOf(bare, definition.input_schema);
    console.log(bare, JSON.stringify(person ? await person.call(definition.name, params) : await execute(bare, params)));
  }
} finally {
  for (const one of relays) {
    one.close();
    one.closeAllConnections();
  }
}
