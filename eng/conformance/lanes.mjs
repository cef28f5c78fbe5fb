// One server for all client scenarios. What a server may reach is fixed when it starts, and the suite's ports are known only
// while a scenario runs: so each lane, in which one scenario plays at a time, has addresses that the server may reach and
// that client.mjs puts its relays at. It keeps sessions, so that people with clients of the older generation can be asked
// something in the middle of a call.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { behalf } from '../../tests/Interop/lib/world.mjs';

/** As many as a scenario has servers: one for MCP, two that authorize, and one to spare. */
const portsOfALane = 4;

/** Below the range that systems give out by themselves: nobody gets one between two scenarios. */
async function quietPort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise(resolve => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
}

/** `database`: a connection string of PostgreSQL; without one the server keeps a file of its own. */
export async function startLanes(count, database) {
  const folder = await mkdtemp(path.join(tmpdir(), 'behalf-conformance-client-'));
  const data = path.join(folder, 'data');
  const ports = new Set();
  while (ports.size < count * portsOfALane) ports.add(await quietPort());
  const child = spawn(behalf, ['serve', '--data', data, '--urls', 'http://127.0.0.1:0',
    ...(database ? ['--database', database] : []),
    ...[...ports].flatMap(port => ['--allow-private-origin', `http://127.0.0.1:${port}`])], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, BEHALF__Mcp__KeepSessions: 'true' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output = (output + chunk).slice(-20_000)));
  const gone = new Promise(resolve => child.once('exit', resolve));
  let ended = false;
  gone.then(() => (ended = true));
  const stop = async () => {
    child.kill('SIGTERM');
    const stuck = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(stuck);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    let credentials;
    for (let tries = 0; !credentials; tries++) {
      if (ended || tries > 1200) throw new Error(`The server for the client scenarios did not start:\n${output}`);
      await new Promise(resolve => setTimeout(resolve, 100));
      credentials = await readFile(path.join(data, 'server.json'), 'utf8')
        .then(() => readFile(path.join(data, 'credentials.json'), 'utf8')).then(JSON.parse).catch(() => undefined);
    }
    const lanes = [];
    for (let lane = 0; lane < count; lane++) {
      const file = path.join(folder, `lane-${lane}.json`);
      await writeFile(file, JSON.stringify({
        credentials, ports: [...ports].slice(lane * portsOfALane, (lane + 1) * portsOfALane) }), { mode: 0o600 });
      lanes.push(file);
    }
    return { lanes, stop, output: () => output };
  } catch (error) {
    await stop();
    throw error;
  }
}
