// What the cases play on: the world's parts, and the client under test.
import { readFile } from 'node:fs/promises';
import { Failure, RestDriver, SdkDriver, codes } from './drivers.mjs';
import { Person } from './person.mjs';
import { expect, expectEqual } from './rules.mjs';

export const verifyUrl = 'https://app.acme.com/connected';

export class Stage {
  static async open(worldFile, kind) {
    const world = JSON.parse(await readFile(worldFile, 'utf8'));
    const story = (await (await fetch(`${world.sandbox}/_sandbox/world`)).json());
    return new Stage(world, story, kind);
  }

  constructor(world, asana, kind) {
    this.world = world;
    this.asana = asana;
    this.kind = kind;
    this.driver = this.newDriver();
  }

  newDriver(id = this.world.client_id, secret = this.world.client_secret, options) {
    return this.kind === 'sdk'
      ? new SdkDriver(this.world.url, id, secret, options)
      : new RestDriver(this.world.url, id, secret);
  }

  call = (name, args) => this.driver.call(name, args);

  /** The fact of a refusal; anything else is an error. Over the SDK also: the class is the one of the table. */
  async refused(call, code, see) {
    let failure;
    try {
      await call;
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Failure)) throw failure ?? new Error(`was not refused, though ${code} was due`);
    expectEqual(failure.fact.code, code, `code of "${failure.message}"`);
    expectEqual(failure.fact.http, codes[code][1], `HTTP status of "${failure.message}"`);
    expect(failure.fact.error_code, `"${failure.message}" has no ErrorInfo`);
    expect(failure.fact.message, 'the refusal says nothing');
    const isTool = failure.fact.error_code === 'TOOL_ERROR';
    if (this.kind === 'sdk') {
      expectEqual(failure.exception, codes[code][isTool ? 3 : 2], `class of "${failure.message}"`);
      expectEqual(failure.isTool, isTool, 'isToolException');
    }
    if (isTool) {
      expect(failure.fact.has_execution, 'a TOOL_ERROR without execution id');
      expect(failure.fact.tool_error_code, 'a TOOL_ERROR without code');
    }
    see?.('refused', failure.fact);
    return failure;
  }

  /** Connects a person's account the whole way, and gives it. */
  async connect(identifier, { person = identifier, connectionName = 'asana', options = {} } = {}) {
    const { link } = await this.call('link', { connectionName, identifier, userVerifyUrl: verifyUrl, state: 's1', ...options });
    const end = await new Person(person).authorize(link, { stopAt: verifyUrl });
    await this.call('verify', { authRequestId: new URL(end.url).searchParams.get('auth_request_id'), identifier });
    return (await this.call('getAccount', { connectionName, identifier })).connected_account;
  }

  /** A list to its end. */
  async all(name, items, args) {
    const pages = [];
    let page = await this.call(name, args);
    while (true) {
      pages.push(page);
      expect(pages.length <= 200, `${name} does not end`);
      if (!page.next_page_token) return { items: pages.flatMap(p => p[items]), pages };
      page = await this.call(name, { ...args, pageToken: page.next_page_token });
    }
  }

  async control(method, path, body) {
    const response = await fetch(`${this.world.watch}/_watch/${path}`, { method, body: body && JSON.stringify(body) });
    return response.json();
  }

  /** What the provider is asked while `body` runs, besides what `body` gives. */
  async watched(answers, body) {
    await this.control('DELETE', 'requests');
    for (const answer of answers) await this.control('POST', 'answers', answer);
    const result = await body();
    const requests = await this.control('GET', 'requests');
    await this.control('DELETE', 'requests');
    return { result, requests };
  }

  async sandbox(path, method = 'GET', body) {
    const response = await fetch(`${this.world.sandbox}/_sandbox/${path}`, {
      method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    expect(response.ok, `${path}: ${response.status}`);
    return response.status === 204 ? null : response.json();
  }

  get workspace() {
    return this.asana.workspaces.find(workspace => workspace.is_organization);
  }

  user = key => this.asana.users.find(user => user.key === key);
  project = key => this.asana.projects.find(project => project.key === key);
}
