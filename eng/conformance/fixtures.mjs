// A server that knows the suite's tools (tests/Behalf.ConformanceHost), which no release does, and the suite against it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../tests/Interop/lib/world.mjs';

const host = path.join(root, 'artifacts/bin/Behalf.ConformanceHost/release/Behalf.ConformanceHost');

/** `sessions`: whether the server keeps those of clients that begin with initialize. */
export async function startFixtures({ sessions }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'behalf-conformance-'));
  const ready = path.join(folder, 'ready.json');
  const child = spawn(host, [path.join(folder, 'data'), ready], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, BEHALF__Mcp__KeepSessions: String(sessions) } });
  let output = '';
  const keep = chunk => (output = (output + chunk).slice(-20_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise(resolve => child.once('exit', resolve));
  let ended = false;
  gone.then(() => (ended = true));
  for (let i = 0; !(await stat(ready).catch(() => null)); i++) {
    if (ended || i > 1200) throw new Error(`The server with the fixtures did not start:\n${output}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  const { url, token } = JSON.parse(await readFile(ready, 'utf8'));
  const proxy = await withToken(url, token);
  return {
    url: proxy.url,
    async stop() {
      proxy.close();
      child.kill('SIGTERM');
      const stuck = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await gone;
      clearTimeout(stuck);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The suite sends no token, so a proxy adds one. It passes Host and Origin as they came, but for its own, so that what the
 * suite forges still arrives.
 */
async function withToken(target, token) {
  const { host, port, pathname } = new URL(target);
  const proxy = http.createServer((request, response) => {
    const own = `127.0.0.1:${proxy.address().port}`;
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    if (headers.host === own) headers.host = host;
    if (headers.origin === `http://${own}`) headers.origin = `http://${host}`;
    const forward = http.request(
      { host: '127.0.0.1', port, path: pathname, method: request.method, headers },
      answer => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
    forward.on('error', () => response.destroy());
    response.on('close', () => forward.destroy());
    request.pipe(forward);
  });
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}/mcp`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
