// Throws nonsense at the doors of a running server: node fuzz.mjs WORLD_FILE RESULT_FILE. Every answer must be a clean
// status, memory stays bounded, and a good call works afterwards. SEED=N repeats a run; what failed names its own input.
import { create, toBinary } from '@bufbuild/protobuf';
import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { connect as connectSocket } from 'node:net';
import { RestDriver } from './lib/drivers.mjs';
import { Rules, expect, expectEqual } from './lib/rules.mjs';

const require = createRequire(import.meta.url);
const tools = require('@scalekit-sdk/node/lib/pkg/grpc/scalekit/v1/tools/tools_pb');
const accounts = require('@scalekit-sdk/node/lib/pkg/grpc/scalekit/v1/connected_accounts/connected_accounts_pb');
const connections = require('@scalekit-sdk/node/lib/pkg/grpc/scalekit/v1/connections/connections_pb');

const [worldFile, resultFile] = process.argv.slice(2);
const world = JSON.parse(await readFile(worldFile, 'utf8'));
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}`);
const rules = new Rules();
const driver = new RestDriver(world.url, world.client_id, world.client_secret);
const token = await driver.token();
const MiB = 1024 * 1024;
const longest = 30_000;

const random = (state => () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
})(seed);
const upTo = n => Math.floor(random() * n);
const pick = list => list[upTo(list.length)];
const bytes = n => Buffer.from(Array.from({ length: n }, () => upTo(256)));

const methods = [
  '/scalekit.v1.tools.ToolService/ListTools', '/scalekit.v1.tools.ToolService/ListScopedTools',
  '/scalekit.v1.tools.ToolService/ListAvailableTools', '/scalekit.v1.tools.ToolService/ExecuteTool',
  ...['ListConnectedAccounts', 'SearchConnectedAccounts', 'CreateConnectedAccount', 'UpdateConnectedAccount',
    'DeleteConnectedAccount', 'GetMagicLinkForConnectedAccount', 'GetConnectedAccountAuth', 'VerifyConnectedAccountUser',
    'DisconnectConnectedAccount'].map(m => `/scalekit.v1.connected_accounts.ConnectedAccountService/${m}`),
  '/scalekit.v1.connections.ConnectionService/ListAppConnections',
  '/scalekit.v1.connections.ConnectionService/GetEnvironmentConnection',
];
const lists = [
  '/api/v1/tools', '/api/v1/tools/scoped?identifier=alice', '/api/v1/tools/available?identifier=alice',
  '/api/v1/connected_accounts', '/api/v1/connected_accounts:search?query=abc', '/api/v1/connections/app',
];
const posts = [
  '/api/v1/execute_tool', '/api/v1/connected_accounts', '/api/v1/connected_accounts:delete',
  '/api/v1/connected_accounts/magic_link', '/api/v1/connected_accounts/user/verify', '/api/v1/user_sessions',
];

/** A gRPC call with any body. Gives {http, grpc, details} or {reset}. */
function grpc(session, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const answer = {};
    const stream = session.request({
      ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers',
      authorization: `Bearer ${token}`, ...headers });
    const late = setTimeout(() => reject(new Error(`${path}: no answer in ${longest} ms`)), longest);
    const read = fields => {
      if (fields['grpc-status'] !== undefined) answer.grpc = Number(fields['grpc-status']);
      if (fields['grpc-status-details-bin']) answer.details = true;
    };
    stream.on('response', fields => {
      answer.http = fields[':status'];
      read(fields);
    });
    stream.on('trailers', read);
    stream.on('error', error => (answer.reset = error.code));
    stream.on('close', () => {
      clearTimeout(late);
      resolve(answer);
    });
    stream.resume();
    pour(stream, Array.isArray(body) ? body : [body], () => answer.http !== undefined);
  });
}

/** Writes part by part while anybody listens. */
async function pour(stream, parts, isAnswered) {
  for (const part of parts) {
    if (stream.destroyed || isAnswered()) break;
    if (!stream.write(part))
      await Promise.race(['drain', 'close', 'response'].map(event => new Promise(resolve => stream.once(event, resolve))));
  }
  if (!stream.destroyed) stream.end();
}

function frame(message, { length = message.length, compressed = 0 } = {}) {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

async function withSession(body) {
  const session = connectHttp2(world.url);
  session.on('error', () => {});
  try {
    return await body(session);
  } finally {
    session.destroy();
  }
}

/** UNKNOWN and INTERNAL say that something was not thought of. */
function expectClean(answer, what) {
  if (answer.reset && answer.grpc === undefined) throw new Error(`${what()}: reset (${answer.reset})`);
  expectEqual(answer.http, 200, `HTTP status of ${what()}`);
  expect(answer.grpc >= 0 && answer.grpc <= 16, () => `${what()}: grpc-status ${answer.grpc}`);
  expect(![2, 13, 15].includes(answer.grpc), () => `${what()}: grpc-status ${answer.grpc}`);
  expect(answer.grpc === 0 || answer.details, () => `${what()}: status ${answer.grpc} without details`);
}

/** An HTTP/1.1 request with any body. Gives {status, body}, or {reset} when the server ended the connection. */
function http(method, path, { headers = {}, body, parts } = {}) {
  return new Promise((resolve, reject) => {
    const url = new URL(world.url);
    const request = httpRequest(
      { host: url.hostname, port: url.port, method, path, agent: false, maxHeaderSize: MiB,
        headers: { authorization: `Bearer ${token}`, ...(body || parts ? { 'content-type': 'application/json' } : {}), ...headers } },
      async response => {
        const chunks = [];
        try {
          for await (const chunk of response) chunks.push(chunk);
        } catch {
          // What had arrived counts.
        }
        clearTimeout(late);
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') });
      });
    const late = setTimeout(() => reject(new Error(`${method} ${path.slice(0, 100)}: no answer in ${longest} ms`)), longest);
    request.on('error', error => {
      clearTimeout(late);
      resolve({ reset: error.code });
    });
    if (parts) pour(request, parts, () => false);
    else request.end(body);
  });
}

/** A refusal in the API's own words. */
function expectRefused(answer, statuses, what) {
  expect(!answer.reset, () => `${what()}: reset (${answer.reset})`);
  expect(statuses.includes(answer.status), () => `${what()}: ${answer.status} ${answer.body.slice(0, 300)}`);
  const { details, message } = JSON.parse(answer.body);
  expect(message && details?.[0]?.error_code, () => `${what()}: ${answer.body.slice(0, 300)}`);
}

async function memory() {
  const status = await readFile(`/proc/${world.process}/status`, 'utf8').catch(() => null);
  if (!status) return null; // not this kind of system
  return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
}

/** The most memory the server had while `body` ran. */
async function peakDuring(body) {
  let peak = 0;
  let done = false;
  const sampling = (async () => {
    while (!done) {
      peak = Math.max(peak, (await memory()) ?? 0);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  })();
  try {
    await body();
  } finally {
    done = true;
    await sampling;
  }
  return peak;
}

const good = async () => {
  const page = await driver.call('listConnections', { pageSize: 30 });
  expectEqual(page.connections.map(c => c.key_id).sort(), [...world.connections].sort(), 'the good call');
};

async function rule(name, body) {
  await rules.rule(name, async see => {
    await body(see);
    await good();
  });
}

await good();
const before = await memory();

await rule('RandomBytes_InTheFrame_AreRefusedCleanly', () => withSession(async session => {
  for (let n = 0; n < 400; n++) {
    const [method, message] = [pick(methods), bytes(upTo(pick([8, 64, 2000])))];
    expectClean(await grpc(session, method, frame(message)), () => `${method} with ${message.toString('hex').slice(0, 400)}`);
  }
}));

await rule('CutAndChangedMessages_AreRefusedCleanly', () => withSession(async session => {
  const real = [
    [methods[3], toBinary(tools.ExecuteToolRequestSchema, create(tools.ExecuteToolRequestSchema, {
      toolName: 'asana_no_such_tool', identifier: 'alice', params: { a: [1, { b: null }], c: 'ü', d: 1e300 } }))],
    [methods[1], toBinary(tools.ListScopedToolsRequestSchema, create(tools.ListScopedToolsRequestSchema, {
      identifier: 'alice', filter: { toolNames: ['a', 'b'] }, pageSize: 3, pageToken: 'x' }))],
    [methods[4], toBinary(accounts.ListConnectedAccountsRequestSchema, create(accounts.ListConnectedAccountsRequestSchema, {
      connector: 'asana', query: 'abc', pageSize: 7 }))],
    [methods[13], toBinary(connections.ListAppConnectionsRequestSchema, create(connections.ListAppConnectionsRequestSchema, {
      pageSize: 3, provider: 'ASANA', query: 'asana' }))],
  ];
  for (const [method, message] of real) {
    for (let cut = 0; cut < message.length; cut++)
      expectClean(await grpc(session, method, frame(Buffer.from(message.subarray(0, cut)))), () => `${method} cut at ${cut}`);
    for (let n = 0; n < 60; n++) {
      const changed = Buffer.from(message);
      changed[upTo(changed.length)] ^= 1 << upTo(8);
      expectClean(await grpc(session, method, frame(changed)), () => `${method} with ${changed.toString('hex')}`);
    }
  }
}));

await rule('DeeplyNestedStruct_IsRefusedCleanly', () => withSession(async session => {
  // Value.list_value in Value.list_value …, from the inside out.
  const varint = n => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  for (const depth of [50, 99, 150, 10_000]) {
    let value = Buffer.from([0x08, 0x00]);
    for (let n = 0; n < depth && value.length < 900_000; n++) {
      const list = Buffer.concat([Buffer.from([0x0a, ...varint(value.length)]), value]);
      value = Buffer.concat([Buffer.from([0x32, ...varint(list.length)]), list]);
    }
    const entry = Buffer.concat([Buffer.from([0x0a, 0x01, 0x61, 0x12, ...varint(value.length)]), value]);
    const struct = Buffer.concat([Buffer.from([0x0a, ...varint(entry.length)]), entry]);
    const message = Buffer.concat([
      Buffer.from([0x0a, 0x01, 0x78, 0x12, 0x05]), Buffer.from('alice'), Buffer.from([0x1a, ...varint(struct.length)]), struct]);
    const answer = await grpc(session, methods[3], frame(message));
    expectClean(answer, () => `depth ${depth}`);
    expect([3, 5].includes(answer.grpc), `depth ${depth}: ${answer.grpc}`);
  }
}));

await rule('BrokenFrames_EndTheirCallOnly', async () => {
  for (const body of [
    Buffer.alloc(0), Buffer.from([0]), Buffer.from([0, 0, 0]), frame(Buffer.alloc(0), { length: 10 }),
    frame(Buffer.alloc(3), { length: 0xffffffff }), frame(Buffer.alloc(3), { length: 0x7fffffff }),
    frame(bytes(20), { compressed: 1 }), frame(bytes(20), { compressed: 7 }), bytes(300),
    Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.alloc(0))]),
  ]) {
    await withSession(async session => {
      const answer = await grpc(session, methods[0], body);
      expect(answer.reset || answer.grpc !== undefined, () => `${body.toString('hex').slice(0, 60)}: no status at all`);
      expectClean(await grpc(session, methods[0], frame(Buffer.alloc(0))), () => 'the next call on that connection');
    });
  }
});

await rule('CompressedNonsense_IsRefused', () => withSession(async session => {
  for (const encoding of ['gzip', 'br', 'identity', 'nonsense']) {
    const answer = await grpc(session, methods[0], frame(bytes(50), { compressed: 1 }), { 'grpc-encoding': encoding });
    expect(answer.grpc > 0 && answer.grpc !== 2, () => `${encoding}: ${JSON.stringify(answer)}`);
  }
}));

await rule('OddJson_IsRefused_InTheApisWords', async () => {
  const odd = [
    '{', '[', '"', 'nul', '{"tool_name"}', '{"tool_name":}', '{,}', '[]', '1', '"text"', 'null', '{"tool_name":1}', '{"tool_name":{}}',
    '{"tool_name":["a"]}', '{"tool_name":null,"tool_name":"a"}', '{"tool_name":"a","tool_name":"b"}', '{"tool_name":"a","toolName":"b"}',
    '{"identifier":{"a":1}}', '{"identifier":7}', '{"params":5}', '{"params":"x"}', '{"unknown":1}', '{"tool_name":"a"}}', '{"tool_name":"a"} {}',
    '{"tool_name":"a",}', "{'tool_name':'a'}", '{"tool_name":"a"/*c*/}', '{"tool_name":"a" // c\n}', '\ufeff{"tool_name":"a"}x', '{"tool_name":"\\ud800"}',
    '{"tool_name":"\\u12"}', '{"params":{"a":NaN}}', '{"params":{"a":1e999}}', '{"params":{"a":9007199254740993}}', '{"params":{"a":1,"a":2}}',
    '{"params":{"a":-}}', '{"params":{"a":01}}', '{"\\u0074ool_name":"a","tool_name":"b"}',
    `{"params":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, `{"params":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    '['.repeat(10_000), `{"params":{"a":${'9'.repeat(10_000)}}}`, `{"params":{"a":"${'x'.repeat(900_000)}"},"identifier":"\u0000"}`,
  ].map(text => Buffer.from(text));
  odd.push(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from('{"tool_name":"\xc3"}', 'latin1'), bytes(500));
  for (const path of posts)
    for (const body of odd) {
      const answer = await http('POST', path, { body });
      expectRefused(answer, [400, 404], () => `POST ${path} ${body.toString('latin1').slice(0, 80)}`);
    }
});

await rule('ChangedJson_IsRefusedOrAnswered_NeverAFailure', async () => {
  const real = Buffer.from('{"tool_name":"asana_no_such_tool","identifier":"alice","params":{"a":[1,2,{"b":null}],"c":"\u00fc"}}');
  for (let n = 0; n < 300; n++) {
    const changed = Buffer.from(real);
    for (let k = 0; k <= upTo(4); k++) changed[upTo(changed.length)] = upTo(256);
    const answer = await http('POST', pick(posts), { body: changed });
    expect(!answer.reset && answer.status < 500, () => `${changed.toString('latin1')}: ${answer.status ?? answer.reset}`);
  }
});

await rule('WrongMediaTypes_AndVerbs_AreRefused', async () => {
  for (const path of posts)
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', ''])
      expect((await http('POST', path, { body: 'a=1', headers: { 'content-type': type } })).status < 500, `${path} as ${type}`);
  for (const verb of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'])
    expect((await http(verb, '/api/v1/execute_tool')).status < 502, verb);
});

await rule('BodiesOf50MiB_AreRefused_AndMemoryStaysBounded', async see => {
  const chunk = Buffer.alloc(MiB, 0x61);
  const peak = await peakDuring(() => Promise.all([1, 2, 3, 4].flatMap(n => [
    http('POST', posts[0], { headers: { 'content-length': String(50 * MiB) }, parts: Array(50).fill(chunk) }),
    http('POST', pick(posts), { parts: Array(50).fill(chunk) }),
    http('POST', '/oauth/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' }, parts: Array(50).fill(chunk) }),
    withSession(session => grpc(session, methods[n], [frame(Buffer.alloc(0), { length: 50 * MiB }), ...Array(50).fill(chunk)])),
  ]).map(async sent => {
    const answer = await sent;
    expect(answer.reset || answer.status >= 400 || answer.grpc > 0, () => `answered ${JSON.stringify(answer).slice(0, 200)}`);
    expect(answer.status === undefined || answer.status < 500, () => `answered ${answer.status}`);
  })));
  if (before === null) return;
  see('growth in MiB', Math.round((peak - before) / MiB));
  expect(peak - before < 200 * MiB, `grew by ${Math.round((peak - before) / MiB)} MiB`);
});

await rule('HugeHeaders_AreRefused', async () => {
  for (const headers of [
    { 'x-long': 'a'.repeat(MiB) }, { authorization: `Bearer ${'a'.repeat(30_000)}` },
    { authorization: `Bearer ${'a.'.repeat(10_000)}` }, { cookie: 'a=b; '.repeat(20_000) },
    Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`x-many-${n}`, 'a'])),
  ]) {
    const answer = await http('GET', lists[0], { headers });
    expect(answer.reset || [400, 401, 413, 431].includes(answer.status), () => `${Object.keys(headers)[0]}: ${answer.status}`);
  }
  for (const path of [`/api/v1/tools?page_token=${'a'.repeat(100_000)}`, `/${'a'.repeat(100_000)}`, `/${'a/'.repeat(4_000)}`, `/api/v1/tools?${'a=1&'.repeat(1500)}`]) {
    const answer = await http('GET', path);
    expect(answer.reset || (answer.status >= 400 && answer.status < 500), () => `${path.slice(0, 30)}: ${answer.status}`);
  }
  await withSession(async session => {
    const answer = await grpc(session, methods[0], frame(Buffer.alloc(0)), { 'x-long': 'a'.repeat(40_000) });
    expect(answer.reset || answer.http >= 400 || answer.grpc > 0, () => JSON.stringify(answer));
  });
});

await rule('OddPagingTokens_AreRefused', async () => {
  const odd = () => pick([
    'x', '0', '-1', 'null', 'AAAA', 'A'.repeat(32), 'A'.repeat(31), '-'.repeat(32), "'; drop table--", '../../..', '\u0000', '\u{1f600}',
    ' ', '%', 'a'.repeat(5000), bytes(24).toString('base64url'), bytes(24).toString('base64'), bytes(16).toString('hex'), '9'.repeat(40)]);
  for (let n = 0; n < 150; n++) {
    const [path, odds] = [pick(lists), odd()];
    const answer = await http('GET', `${path}${path.includes('?') ? '&' : '?'}page_token=${encodeURIComponent(odds)}`);
    expectRefused(answer, [400], () => `${path} with ${JSON.stringify(odds.slice(0, 60))}`);
  }
});

await rule('OddPageSizes_AreRefusedOrBounded', async () => {
  for (const path of lists)
    for (const size of ['-1', '4294967295', '4294967296', '99999999999999999999', '1e3', 'abc', '', ' 5', '0x10', '1.5', 'NaN', '\u0663']) {
      const answer = await http('GET', `${path}${path.includes('?') ? '&' : '?'}page_size=${encodeURIComponent(size)}`);
      expect(answer.status === 200 || answer.status === 400, () => `${path} with ${size}: ${answer.status} ${answer.body}`);
    }
});

await rule('OddPaths_AreRefused', async () => {
  for (const path of ['/api/v1/connected_accounts/%00', '/api/v1/connected_accounts/%ff%fe', '/api/v1/connected_accounts/..%2f..%2f', '/api/v1/../../etc/passwd',
    '/api/v1/connected_accounts/' + 'a'.repeat(5000), '//api//v1//tools', '/api/v1/tools;x=1', '/magicLink/%00', '/magicLink/' + 'A'.repeat(3000), '/sso/v1/oauth/%2e%2e/callback',
    '/sso/v1/oauth/conn_x/callback?state=%00&code=%ff', '/scalekit.v1.tools.ToolService/ListTools', '/%', '/*', '/proxy', '/proxy/', '/proxy/%2e%2e/x']) {
    const answer = await http('GET', path);
    expect(answer.reset || answer.status < 500, () => `${path}: ${answer.status} ${answer.body?.slice(0, 200)}`);
  }
});

await rule('HalfRequestsAndNoise_OnManySockets_DoNotStopOthers', async () => {
  const { hostname, port } = new URL(world.url);
  const noise = [
    'GET /api/v1/tools HTTP/1.1\r\nHost: x\r\n', 'POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\xff\xff\xff\xff', 'PR', 'P', '', '\x16\x03\x01\x02\x00\x01', '\x00\x00\x00\x00', 'GET / HTTP/9.9\r\n\r\n',
    'GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n', 'POST /api/v1/execute_tool HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST /api/v1/execute_tool HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'];
  const sockets = Array.from({ length: 130 }, (_, n) => {
    const socket = connectSocket(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(n % 3 === 2 ? bytes(upTo(200)) : Buffer.from(noise[n % noise.length], 'latin1'));
    return socket;
  });
  await new Promise(resolve => setTimeout(resolve, 300));
  await good();
  for (const socket of sockets) socket.destroy();
});

await rule('Server_IsTheSameProcess_AndItsMemoryIsBounded_AfterAllThis', async see => {
  const after = await memory();
  if (after === null) return;
  see('MiB', [before, after].map(value => Math.round(value / MiB)));
  expect(after < 400 * MiB, `${Math.round(after / MiB)} MiB in the end`);
});

for (const result of rules.results) if (!result.passed) result.error = `seed ${seed}: ${result.error}`;
await writeFile(resultFile, JSON.stringify(rules.results));
process.exit(0);
