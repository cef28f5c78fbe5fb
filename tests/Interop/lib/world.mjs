// One world: a practice Asana, a watch in front of it, a server in a new folder, and connections registered at both.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startWatch } from './watch.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const behalf = path.join(root, 'behalf');
const run = promisify(execFile);

/** `connections`: names beside `asana`. The world file holds what a client needs to find everything. */
export async function startWorld(name, { urls, connections = [] }) {
  const folder = await mkdtemp(path.join(tmpdir(), `behalf-interop-${name}-`));
  const data = path.join(folder, 'data');
  const children = [];
  const stop = async () => {
    await Promise.all(children.reverse().map(end));
    await watch?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  let watch;
  try {
    const sandboxFile = path.join(folder, 'sandbox.json');
    const sandbox = await start(
      children, ['sandbox', '--urls', 'http://127.0.0.1:0', '--seed', '1', '--ready-file', sandboxFile], sandboxFile);
    watch = await startWatch(sandbox.url);
    const server = await start(
      children,
      ['serve', '--data', data, '--urls', urls, '--allow-private-origin', sandbox.url, '--allow-private-origin', watch.url],
      path.join(data, 'server.json'));
    const cli = async (...args) =>
      JSON.parse((await run(behalf, [...args, '--json'], { env: { ...process.env, BEHALF_DATA: data } })).stdout);
    await connect(cli, sandbox, watch, folder, ['asana', ...connections]);
    const credentials = JSON.parse(await readFile(path.join(data, 'credentials.json'), 'utf8'));
    const world = {
      url: credentials.environment_url,
      client_id: credentials.client_id,
      client_secret: credentials.client_secret,
      ca: server.certificate_authority,
      data,
      process: server.process,
      sandbox: sandbox.url,
      watch: watch.url,
      connections: ['asana', ...connections],
    };
    const file = path.join(folder, 'world.json');
    await writeFile(file, JSON.stringify(world), { mode: 0o600 });
    return { ...world, file, folder, cli, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An app at the practice Asana for each connection; the redirect URI is what `connection add` printed. */
async function connect(cli, sandbox, watch, folder, names) {
  const secret = path.join(folder, 'secret');
  for (const name of names) {
    const app = await post(`${sandbox.url}/_sandbox/apps`, 'POST', { name: `Interop ${name}`, redirect_uris: [] });
    await writeFile(secret, app.client_secret, { mode: 0o600 });
    const added = await cli(
      'connection', 'add', 'asana', '--name', name, '--client-id', app.client_id, '--client-secret-file', secret,
      '--base-url', watch.url, '--oauth-url', sandbox.url);
    await post(`${sandbox.url}/_sandbox/apps/${app.client_id}`, 'PUT', {
      redirect_uris: [added.redirect_uri], scopes: added.scopes });
  }
  await rm(secret);
}

export async function post(url, method, body) {
  const response = await fetch(url, {
    method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

function start(children, args, ready) {
  const child = spawn(behalf, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', chunk => (output = (output + chunk).slice(-20_000)));
  child.stderr.on('data', chunk => (output = (output + chunk).slice(-20_000)));
  children.push(child);
  const ended = new Promise((_, reject) =>
    child.on('exit', code => reject(new Error(`${args[0]} ended with ${code}:\n${output}`))));
  return Promise.race([ended, appears(ready)]);
}

async function appears(file) {
  for (let i = 0; i < 3600; i++) {
    if (await stat(file).catch(() => null)) return JSON.parse(await readFile(file, 'utf8'));
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${file} did not appear`);
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const stuck = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(stuck);
}
