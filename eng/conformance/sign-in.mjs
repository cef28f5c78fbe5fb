// Signing in the way a person does it: the program opens a URL, the person signs in and agrees in a browser, the program
// goes on. Programs keep what they learn in a home of their own, so that two people share nothing.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attribute, Person } from '../../tests/Interop/lib/person.mjs';

export const password = 'correct horse battery staple';

/** Lets people sign in with a password of the server's own directory. */
export async function addPeople(world, names) {
  const file = path.join(world.folder, 'password');
  await writeFile(file, password, { mode: 0o600 });
  for (const name of names) await world.cli('person', 'add', name, '--password-file', file);
}

/** A browser: signs in where it is asked to, agrees where it is asked to, and ends where the client listens. */
export async function agree(browser, url, decision = 'allow', stopAt) {
  let page = await browser.open(url);
  if (page.html.includes('id="password-form"')) page = await signIn(browser, page);
  return browser.submit(page, 'consent', { decision }, stopAt);
}

export async function signIn(browser, page) {
  page = await browser.submit(page, 'password-form', { name: browser.username, password });
  return goOn(browser, page);
}

/** The page that leads on by itself, which takes a real browser. */
export function goOn(browser, page) {
  const link = page.html.match(/<a [^>]*id="go-on"[^>]*>/)?.[0];
  if (!link) throw new Error(`${page.url} does not lead on: ${page.html.replace(/<[^>]*>/g, ' ').slice(0, 400)}`);
  return browser.open(new URL(attribute(link, 'href'), page.url).href);
}

/** A port that nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/**
 * A program that prints the URL of its sign-in and waits. `who` agrees in a browser of their own; with null nobody does, and
 * the program must not ask.
 */
export async function runSigningIn(program, args, { who, home, issuer }) {
  await mkdir(home, { recursive: true });
  const child = spawn(program, args, {
    env: { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let agreed;
  const look = () => {
    const url = (stdout + stderr).match(new RegExp(`${issuer.replaceAll('.', '\\.')}/authorize\\?[^\\s"'<>]+`))?.[0];
    if (url && !agreed && who) agreed = agree(new Person(who), url).catch(error => { stderr += error; child.kill(); });
  };
  child.stdout.on('data', data => { stdout += data; look(); });
  child.stderr.on('data', data => { stderr += data; look(); });
  const timeout = setTimeout(() => child.kill(), 60_000);
  const code = await new Promise(resolve => child.on('close', resolve));
  clearTimeout(timeout);
  await agreed;
  return { code, stdout, stderr, asked: agreed !== undefined };
}
