// A person's own MCP client, in either generation of the wire. It can show forms; the person accepts each, fills in what the
// form requires and leaves the rest as it came.
const accepts = 'application/json, text/event-stream';

const fillIn = ({ requestedSchema: { properties, required = [] } }) => ({
  action: 'accept',
  content: Object.fromEntries(required.map(name => [name, properties[name].type === 'boolean' ? true : 'x'])),
});

export class McpPerson {
  #url;
  #headers;
  #modern;
  #last = 0;

  static async open(url, token, version) {
    const person = new McpPerson();
    person.#url = url;
    person.#modern = version >= '2026-07-28';
    person.#headers = {
      authorization: `Bearer ${token}`, accept: accepts, 'content-type': 'application/json', 'mcp-protocol-version': version };
    if (!person.#modern) await person.#begin(version);
    return person;
  }

  async #begin(version) {
    const { 'mcp-protocol-version': _, ...headers } = this.#headers;
    const response = await fetch(this.#url, {
      method: 'POST', headers, body: JSON.stringify({
        jsonrpc: '2.0', id: ++this.#last, method: 'initialize', params: {
          protocolVersion: version, capabilities: { elicitation: {} }, clientInfo: { name: 'person', version: '1' } } }) });
    if (!response.ok) throw new Error(`initialize: ${response.status} ${await response.text()}`);
    this.#headers['mcp-session-id'] = response.headers.get('mcp-session-id');
    await response.text();
    await (await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' })).arrayBuffer();
  }

  /** The result; the person is asked whatever has to be asked first. */
  async call(name, args) {
    let extra = {};
    for (let round = 0; round < 6; round++) {
      const result = await this.#request('tools/call', { name, arguments: args, ...extra });
      if (result.isError) throw new Error(`${name}: ${JSON.stringify(result)}`);
      if (result.resultType !== 'input_required') return result;
      extra = {
        inputResponses: Object.fromEntries(
          Object.entries(result.inputRequests).map(([key, { params }]) => [key, fillIn(params)])),
        ...(result.requestState === undefined ? {} : { requestState: result.requestState }),
      };
    }
    throw new Error(`${name}: it asks and asks`);
  }

  async #request(method, params) {
    const id = ++this.#last;
    const meta = {
      'io.modelcontextprotocol/protocolVersion': this.#headers['mcp-protocol-version'],
      'io.modelcontextprotocol/clientInfo': { name: 'person', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    };
    const response = await this.#post(
      { jsonrpc: '2.0', id, method, params: this.#modern ? { ...params, _meta: meta } : params },
      this.#modern ? { 'mcp-method': method, 'mcp-name': params.name } : {});
    for await (const message of messagesOf(response)) {
      if (message.id === id && message.error) throw new Error(`${method}: ${JSON.stringify(message.error)}`);
      if (message.id === id && message.result) return message.result;
      if (message.method === 'elicitation/create')
        await (await this.#post({ jsonrpc: '2.0', id: message.id, result: fillIn(message.params) })).arrayBuffer();
    }
    throw new Error(`${method}: ${response.status}, and no answer`);
  }

  #post(message, headers = {}) {
    return fetch(this.#url, { method: 'POST', headers: { ...this.#headers, ...headers }, body: JSON.stringify(message) });
  }
}

async function* messagesOf(response) {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield JSON.parse(await response.text());
    return;
  }
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n');
      if (data) yield JSON.parse(data);
    }
  }
}
