// Two people with accounts at the practice Asana, a virtual MCP server, and the programs that know what MCP is: the
// Inspector's CLI lists and calls in both generations of the wire, and the conformance suite goes through its scenarios at a
// server that has its tools.
// Then /mcp: people sign in through the Inspector, which registers itself or is known by its document, through a strict
// OAuth client, through the suite's authorization scenarios, and at an identity provider. And the suite's client scenarios
// against what we do with remote servers, first of all. An argument is a pattern of the rules to play.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Provider from 'oidc-provider';
import { Person } from '../../tests/Interop/lib/person.mjs';
import { root, startWorld } from '../../tests/Interop/lib/world.mjs';
import { startFixtures } from './fixtures.mjs';
import { startLanes } from './lanes.mjs';
import { startProvider } from './provider.mjs';
import { secondClient } from './second-client.mjs';
import { addPeople, agree, freePort, goOn, runSigningIn } from './sign-in.mjs';
import { strictClient } from './strict-client.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const bin = path.join(here, 'node_modules', '.bin');
const out = path.join(root, 'artifacts', 'conformance');
const verifyUrl = 'https://app.acme.com/connected';
const results = [];
const only = new RegExp(process.argv[2] ?? '');

/** A program's exit code and what it printed; it is ended after two minutes. */
function run(program, args, env = {}) {
  return new Promise(resolve =>
    execFile(
      path.join(bin, program), args,
      { timeout: 120_000, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, MCP_INSPECTOR_SECRET_STORE: 'memory', ...env } },
      (error, stdout, stderr) => resolve({ code: error ? error.code ?? 1 : 0, stdout, stderr })));
}

async function rule(name, body) {
  if (!only.test(name)) return;
  try {
    await body();
    results.push({ name, passed: true });
    console.log(`  passed  ${name}`);
  } catch (error) {
    results.push({ name, passed: false, error: String(error) });
    console.log(`  FAILED  ${name}\n          ${String(error).split('\n').slice(0, 30).join('\n          ')}`);
  }
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(typeof otherwise === 'string' ? otherwise : JSON.stringify(otherwise));
}

async function api(world, token, method, route, body, headers = {}) {
  const response = await fetch(`${world.url}/api/v1/${route}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  expect(response.ok, `${method} ${route}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function serviceToken(world) {
  const response = await fetch(`${world.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: world.client_id, client_secret: world.client_secret }),
  });
  return (await response.json()).access_token;
}

/** Connects the way the person does it, and gives a session token for the server. */
async function tokenOf(world, service, identifier, config) {
  const { link } = await api(world, service, 'POST', 'connected_accounts/magic_link',
    { connector: 'asana', identifier, user_verify_url: verifyUrl });
  const end = await new Person(identifier).authorize(link, { stopAt: verifyUrl });
  await api(world, service, 'POST', 'connected_accounts/user/verify',
    { auth_request_id: new URL(end.url).searchParams.get('auth_request_id'), identifier });
  return (await api(world, service, 'POST', `mcp/configs/${config}/tokens`, { identifier })).token;
}

async function inspect(url, token, era, ...args) {
  const { code, stdout, stderr } = await run('mcp-inspector', [
    '--cli', '--server-url', url, '--transport', 'http', '--protocol-era', era,
    '--header', `Authorization: Bearer ${token}`, ...args]);
  expect(code === 0, `the Inspector ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

/** One revision's frozen scenarios, all of which have to pass, but for those that `except` names with a reason. */
async function conformance(name, revision, { sessions, except = [] }) {
  const fixtures = await startFixtures({ sessions });
  try {
    const { code, stdout, stderr } = await run('conformance', [
      'server', '--url', fixtures.url, '--requirements', revision, '-o', path.join(out, name),
      ...except.flatMap(file => ['--expected-failures', path.join(here, file)])]);
    await writeFile(path.join(out, `${name}.log`), stdout + stderr);
    expect(code === 0, `${stdout.split('=== SUMMARY ===').pop()}${stderr}`);
  } finally {
    await fixtures.stop();
  }
}

/** The suite's own lists of its scenarios for clients: names, in their order. */
async function clientScenarios(...filter) {
  const { code, stdout, stderr } = await run('conformance', ['list', '--client', ...filter]);
  expect(code === 0, `the suite does not list its scenarios: ${stderr}`);
  return [...stdout.split(/^Not scored/m)[0].split('Client scenarios')[1].matchAll(/^  - (\S+)/gm)].map(([, name]) => name);
}

async function conformanceOfClient(revision, scenario, lane) {
  const name = `client-${revision}-${scenario.replaceAll('/', '-')}`;
  const { code, stdout, stderr } = await run('conformance', [
    'client', '--command', `node ${path.join(here, 'client.mjs')}`, '--scenario', scenario, '--spec-version', revision,
    '--timeout', '90000', '-o', path.join(out, 'client', revision)], { BEHALF_CONFORMANCE_LANE: lane });
  await writeFile(path.join(out, `${name}.log`), stdout + stderr);
  expect(code === 0, `${stdout.split('Test Results:').pop()}${stderr}`);
}

/**
 * All of the suite's scenarios for clients, of both revisions and scored or not, but for those that client-left-out.json
 * names with a reason. Two play side by side, after the one that measures time.
 */
async function asClient() {
  const leftOut = JSON.parse(await readFile(path.join(here, 'client-left-out.json'), 'utf8'));
  const all = new Set(await clientScenarios());
  const tell = (scenario, what) => console.log(`  left out  ${scenario} (${what}): ${leftOut[scenario]}`);
  const plays = [];
  const placed = new Set();
  const neglected = [];
  for (const revision of ['2025-11-25', '2026-07-28']) {
    const scored = new Set(await clientScenarios('--requirements', revision));
    for (const scenario of await clientScenarios('--spec-version', revision)) {
      placed.add(scenario);
      if (leftOut[scenario] && scored.has(scenario)) neglected.push(`${revision} ${scenario}`);
      if (leftOut[scenario]) tell(scenario, `${revision}, ${scored.has(scenario) ? 'scored' : 'not scored'}`);
      else plays.push({ revision, scenario });
    }
  }
  const others = [...all].filter(scenario => !placed.has(scenario));
  for (const scenario of others) if (leftOut[scenario]) tell(scenario, 'of neither revision');
  await rule('Conformance_Client_EachScenarioIsPlayed_OrLeftOutWithAReason', async () => {
    const strangers = Object.keys(leftOut).filter(scenario => !all.has(scenario));
    expect(strangers.length === 0, `left out, but not in the suite: ${strangers}`);
    expect(neglected.length === 0, `left out, but scored: ${neglected}`);
    const forgotten = others.filter(scenario => !leftOut[scenario]);
    expect(forgotten.length === 0, `neither played nor left out: ${forgotten}`);
  });
  const named = ({ revision, scenario }) => `Conformance_Client_${revision}_${scenario}`;
  const queue = plays.filter(play => only.test(named(play)));
  if (queue.length === 0) return;
  const server = await startLanes(2, process.env.BEHALF_CONFORMANCE_DATABASE);
  try {
    const play = (next, lane) => rule(named(next), () => conformanceOfClient(next.revision, next.scenario, lane));
    for (const timed of queue.filter(({ scenario }) => scenario === 'sse-retry')) await play(timed, server.lanes[0]);
    const rest = queue.filter(({ scenario }) => scenario !== 'sse-retry');
    await Promise.all(server.lanes.map(async lane => {
      for (let next = rest.shift(); next; next = rest.shift()) await play(next, lane);
    }));
  } finally {
    await writeFile(path.join(out, 'client-server.log'), server.output());
    await server.stop();
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const inspectorDocument = 'https://inspector.acme.com/client.json';
await writeFile(path.join(out, 'inspector.json'), JSON.stringify({
  client_id: inspectorDocument, client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1/oauth/callback'] }));
process.env.BEHALF__McpClients__DocumentFiles__0__Url = inspectorDocument;
process.env.BEHALF__McpClients__DocumentFiles__0__File = path.join(out, 'inspector.json');
const providerPort = await freePort();
process.env.BEHALF__Egress__AllowedPrivateOrigins__0 = `http://127.0.0.1:${providerPort}`;

async function asServer() {
  const world = await startWorld('conformance', { urls: 'http://127.0.0.1:0' });
  try {
    const service = await serviceToken(world);
    const { config } = await api(world, service, 'POST', 'mcp/configs',
      { name: 'conformance', connection_tool_mappings: [{ connection_name: 'asana' }] });
    const url = config.mcp_server_url;
    const tokens = {};
    for (const person of ['alice', 'bob']) tokens[person] = await tokenOf(world, service, person, config.id);

    for (const era of ['modern', 'legacy']) {
      await rule(`Inspector_ListsThePersonsTools_${era}`, async () => {
        const { tools } = await inspect(url, tokens.alice, era, '--method', 'tools/list');
        const names = tools.map(tool => tool.name);
        expect(names.includes('asana_create_task') && names.includes('behalf_connections'), names);
        expect(new Set(names).size === names.length, 'a name comes twice');
        expect(tools.every(tool => /^[A-Za-z0-9_.-]{1,64}$/.test(tool.name) && tool.inputSchema.type === 'object'), names);
      });
      for (const person of ['alice', 'bob'])
        await rule(`Inspector_CallsAsThePerson_${person}_${era}`, async () => {
          const { structuredContent: me, isError } = await inspect(
            url, tokens[person], era, '--method', 'tools/call', '--tool-name', 'asana_get_user', '--tool-arg', 'user=me');
          expect(!isError && JSON.stringify(me).toLowerCase().includes(person), me);
        });
      await rule(`Inspector_IsRefusedWithAForeignToken_${era}`, async () => {
        const { code, stdout, stderr } = await run('mcp-inspector', [
          '--cli', '--server-url', url, '--transport', 'http', '--protocol-era', era, '--stored-auth-only',
          '--header', `Authorization: Bearer ${service}`, '--method', 'tools/list']);
        expect(code !== 0, 'a service token was let in');
        expect(/401|unauthorized|auth_required|invalid_token/i.test(stdout + stderr), `refused for another reason: ${stdout}${stderr}`);
      });
    }

    const issuer = `${world.url}/oauth`;
    const mcp = `${world.url}/mcp`;
    await addPeople(world, ['alice', 'bob']);

    /** Signs in anew in a home of its own, then does something; a second run must not ask again. */
    async function inspectSigningIn(home, who, era, way, ...args) {
      const { code, stdout, stderr, asked } = await runSigningIn(path.join(bin, 'mcp-inspector'), [
        '--cli', '--server-url', mcp, '--transport', 'http', '--protocol-era', era, ...way,
        '--callback-url', `http://127.0.0.1:${await freePort()}/oauth/callback`, ...args,
      ], { who, home: path.join(world.folder, home), issuer });
      expect(code === 0, `the Inspector ended with ${code}: ${stderr}${stdout}`);
      return { asked, ...JSON.parse(stdout) };
    }

    for (const [name, way] of [['Document', ['--client-metadata-url', inspectorDocument]], ['Registration', []]])
      for (const era of ['modern', 'legacy'])
        for (const person of ['alice', 'bob'])
          await rule(`SignIn_By${name}_ActsAsThePerson_${person}_${era}`, async () => {
            const home = `home-${name}-${era}-${person}`;
            const listed = await inspectSigningIn(home, person, era, way, '--method', 'tools/list');
            expect(listed.asked, 'nobody was asked to sign in');
            expect(listed.tools.some(tool => tool.name === 'asana_create_task'), listed.tools.map(tool => tool.name));
            const { asked, structuredContent: me, isError } = await inspectSigningIn(
              home, person, era, way, '--use-stored-auth', '--method', 'tools/call', '--tool-name', 'asana_get_user',
              '--tool-arg', 'user=me');
            expect(!asked, 'the person was asked to sign in once more');
            expect(!isError && JSON.stringify(me).toLowerCase().includes(person), me);
          });

    await rule('StrictClient_SignsIn_Refreshes_AndRevokes', () => strictClient(world, mcp, issuer));

    /** What a call at /mcp answers: its result, or the status where there is none. */
    async function callPersonal(token, name, args = {}) {
      const response = await fetch(mcp, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`, 'content-type': 'application/json',
          accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
      });
      const text = await response.text();
      return response.ok ? JSON.parse(text.match(/^data: (.*)$/m)?.[1] ?? text).result : response.status;
    }

    async function secondClientOf(browser, name, args) {
      return secondClient({
        mcp, issuer,
        agreeAt: async (url, stopAt) => (await agree(browser, url, 'allow', stopAt)).url,
        call: token => callPersonal(token, name, args),
      });
    }

    await rule('SecondStrictClient_SignsIn_Refreshes_AndRevokes', async () => {
      const { first, second, last } = await secondClientOf(new Person('bob'), 'asana_get_user', { user: 'me' });
      for (const me of [first, second])
        expect(!me.isError && JSON.stringify(me.structuredContent).toLowerCase().includes('bob'), me);
      expect(last === 401, 'a revoked grant still works');
    });

    await rule('Conformance_Authorization', async () => {
      const port = await freePort();
      const added = await world.cli(
        'mcp-client', 'add', 'Conformance suite', '--redirect-uri', 'http://127.0.0.1/callback');
      const { code, stdout, stderr } = await runSigningIn(path.join(bin, 'conformance'), [
        'authorization', '--url', issuer, '--client-id', added.client_id, '--resource', mcp, '-p', String(port),
        '-o', path.join(out, 'authorization'),
      ], { who: 'alice', home: path.join(world.folder, 'home-conformance'), issuer });
      await writeFile(path.join(out, 'authorization.log'), stdout + stderr);
      expect(code === 0, `${stdout}${stderr}`);
    });

    await rule('IdentityProvider_SignsPeopleIn_AsTheClaimSays', async () => {
      const provider = await startProvider(Provider, providerPort, `${world.url}/sign-in/callback`, {
        'subject-1': { name: 'Carol of Acme', email: 'carol@acme.com', email_verified: true, groups: ['writers'] },
        'subject-2': { name: 'Mallory', email: 'carol@acme.com', email_verified: false, groups: [] },
      });
      try {
        await world.cli(
          'identity-provider', 'set', provider.issuer, '--client-id', 'behalf', '--client-secret', provider.secret,
          '--scopes', 'openid', 'profile', 'email', 'groups', '--identifier-claim', 'email', '--groups-claim', 'groups');
        const signInAt = async (browser, name) => {
          let page = await browser.open(`${world.url}/sign-in`);
          page = await goOn(browser, await browser.submit(page, 'provider'));
          return browser.submit(page, 'who', { name });
        };
        const carol = new Person('carol');
        const done = await signInAt(carol, 'subject-1');
        expect(done.html.includes('go-on'), done.html);
        const page = await carol.open(`${world.url}/sign-in`);
        expect(page.html.includes('carol@acme.com'), page.html);
        const people = await world.cli('person', 'list');
        const found = people.find(person => person.name === 'carol@acme.com');
        expect(found?.issuer === provider.issuer && found.groups.includes('writers'), people);
        const { first, last } = await secondClientOf(carol, 'behalf_connections', { connect: 'asana' });
        const link = first.structuredContent?.link;
        expect(link?.startsWith(`${world.url}/magicLink/`) && last === 401, { first, last });
        const own = await carol.open(link);
        expect(own.html.includes('carol@acme.com'), own.html);
        const refused = await signInAt(new Person('mallory'), 'subject-2');
        expect(refused.status === 403 && refused.html.includes('Nobody was signed in'), refused.html);
      } finally {
        await provider.close();
      }
    });

    await rule('Conformance_2026-07-28', () => conformance('2026-07-28', '2026-07-28', { sessions: false }));
    await rule('Conformance_2025-11-25', () => conformance('2025-11-25', '2025-11-25', { sessions: true }));
    await rule('Conformance_2025-11-25_WithoutSessions', () => conformance(
      '2025-11-25-without-sessions', '2025-11-25', { sessions: false, except: ['without-sessions-2025-11-25.yml'] }));
  } finally {
    await world.stop();
  }
}

for (const part of process.argv[2]?.startsWith('Conformance_Client') ? [asClient] : [asClient, asServer])
  try {
    await part();
  } catch (error) {
    results.push({ name: `the suite itself (${part.name})`, passed: false, error: String(error) });
    console.log(error);
  }

const passed = results.filter(result => result.passed).length;
await writeFile(path.join(out, 'results.json'), JSON.stringify(results, null, 2));
console.log(`${passed} passed, ${results.length - passed} failed, 0 skipped`);
process.exitCode = passed === results.length ? 0 : 1;
