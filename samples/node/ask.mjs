// The application's back end: it knows who is signed in, and it alone has the application's credential. It mints a session
// for that one user and hands the agent nothing else. node ask.mjs USER "PROMPT"
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [user, prompt] = process.argv.slice(2);
if (!user || !prompt) {
  console.error('node ask.mjs USER "PROMPT"   (BEHALF_CREDENTIALS names the credentials file, else ~/.behalf/credentials.json)');
  process.exit(2);
}

const file = process.env.BEHALF_CREDENTIALS ?? path.join(homedir(), '.behalf', 'credentials.json');
const { environment_url: url, client_id, client_secret } = JSON.parse(await readFile(file, 'utf8'));

async function post(where, headers, body) {
  const response = await fetch(new URL(where, url), { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${where}: ${response.status} ${await response.text()}`);
  return response.json();
}

const { access_token } = await post('/oauth/token', {}, new URLSearchParams({
  grant_type: 'client_credentials', client_id, client_secret }));
const session = await post(
  '/api/v1/user_sessions',
  { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
  JSON.stringify({ identifier: user, ttl: '900s' }));

const agent = spawn(process.execPath, [fileURLToPath(new URL('agent.mjs', import.meta.url)), prompt], {
  stdio: 'inherit',
  env: {
    PATH: process.env.PATH,
    BEHALF_URL: url, BEHALF_USER: user, BEHALF_CLIENT_ID: session.client_id, BEHALF_CLIENT_SECRET: session.client_secret,
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(ANTHROPIC_|NODE_EXTRA_CA_CERTS$)/.test(name))),
  },
});
agent.on('exit', code => process.exit(code ?? 1));
