// The whole suite: each client against a world of its own, then the clients against each other.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparable } from './lib/rules.mjs';
import { root, startWorld } from './lib/world.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(root, 'artifacts', 'interop');
const only = process.argv.slice(2);
const parts = [];

/** Runs a program that writes its rules to a file; what it does not write it owes as one failed rule. */
async function play(name, world, command, args, env = {}) {
  const began = Date.now();
  const file = path.join(out, `${name}.json`);
  await writeFile(file, '[]');
  const { code, output } = await run(command, [...args, world.file, file], env);
  const results = JSON.parse(await readFile(file, 'utf8'));
  if (code !== 0 || results.length === 0)
    results.push({ name: `${name}_RanToItsEnd`, passed: false, error: `ended with ${code}:\n${output}` });
  return tell(name, results, began);
}

function run(command, args, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: here, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', chunk => (output = (output + chunk).slice(-20_000)));
    child.stderr.on('data', chunk => (output = (output + chunk).slice(-20_000)));
    const stuck = setTimeout(() => child.kill('SIGKILL'), 300_000);
    child.on('close', code => {
      clearTimeout(stuck);
      resolve({ code, output });
    });
  });
}

function tell(name, results, began) {
  parts.push({ name, results, seconds: (Date.now() - began) / 1000 });
  for (const { passed, name: rule, error } of results) {
    if (passed) console.log(`  passed  ${name}  ${rule}`);
    else console.log(`  FAILED  ${name}  ${rule}\n          ${String(error).split('\n').slice(0, 6).join('\n          ')}`);
  }
  return results;
}

async function inWorld(name, options, body) {
  if (only.length > 0 && !only.includes(name)) return null;
  let world;
  try {
    world = await startWorld(name, options);
    return await body(world);
  } catch (error) {
    return tell(name, [{ name: `${name}_Stage`, passed: false, error: error.stack }], Date.now());
  } finally {
    await world?.stop();
  }
}

await mkdir(out, { recursive: true });
const connections = ['asana-team'];
const sdk = await inWorld('node-http', { urls: 'http://127.0.0.1:0', connections }, world =>
  play('node-http', world, process.execPath, ['node.mjs', 'sdk']));
await inWorld('node-https', { urls: 'https://localhost:0', connections }, world =>
  play('node-https', world, process.execPath, ['node.mjs', 'sdk'], { NODE_EXTRA_CA_CERTS: world.ca }));
const rest = await inWorld('rest', { urls: 'http://127.0.0.1:0', connections }, world =>
  play('rest', world, process.execPath, ['node.mjs', 'rest']));
await inWorld('python', { urls: 'https://localhost:0', connections }, async world => {
  const trust = { NODE_EXTRA_CA_CERTS: world.ca };
  const { code, output } = await run(process.execPath, ['connect.mjs', world.file, 'alice'], trust);
  if (code !== 0) throw new Error(`alice's account could not be connected:\n${output}`);
  return play('python', world, process.env.PYTHON ?? 'python3', ['python/run.py', process.env.DESCRIPTOR_SET], {
    REQUESTS_CA_BUNDLE: world.ca, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: world.ca, PYTHONDONTWRITEBYTECODE: '1' });
});
await inWorld('fuzz', { urls: 'http://127.0.0.1:0', connections }, world =>
  play('fuzz', world, process.execPath, ['fuzz.mjs']));
await inWorld('sample', { urls: 'http://127.0.0.1:0' }, async world => {
  const { code, output } = await run(process.execPath, ['connect.mjs', world.file, 'alice', 'bob'], {});
  if (code !== 0) throw new Error(`the accounts could not be connected:\n${output}`);
  return play('sample', world, process.execPath, ['sample.mjs']);
});

await inWorld('asana-sdk', { urls: 'http://127.0.0.1:0' }, world =>
  play('asana-sdk', world, process.execPath, ['asana-sdk.mjs']));

if (sdk && rest) {
  const began = Date.now();
  tell('same', sdk.filter(one => one.saw?.length > 0).map(one => {
    const other = rest.find(candidate => candidate.name === one.name);
    const [left, right] = [comparable(one.saw), comparable(other?.saw ?? [])];
    const at = left.findIndex((value, n) => JSON.stringify(value) !== JSON.stringify(right[n]));
    const passed = at < 0 && left.length === right.length;
    return {
      name: `${one.name}_IsTheSameOverGrpcAndRest`,
      passed,
      error: passed ? undefined : difference(left[at] ?? left.length, right[at] ?? right.length),
    };
  }), began);
}

await writeFile(path.join(out, 'results.json'), JSON.stringify(parts, null, 2));
console.log(`\n${'part'.padEnd(14)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'seconds'.padStart(9)}`);
let passed = 0;
let failed = 0;
for (const { name, results, seconds } of parts) {
  const held = results.filter(result => result.passed).length;
  passed += held;
  failed += results.length - held;
  console.log(
    `${name.padEnd(14)}${String(held).padStart(8)}${String(results.length - held).padStart(8)}${seconds.toFixed(1).padStart(9)}`);
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function difference(left, right) {
  const [a, b] = [JSON.stringify(left), JSON.stringify(right)];
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  const around = text => text.slice(Math.max(0, at - 120), at + 200);
  return `gRPC …${around(a)}\nREST …${around(b)}`;
}
