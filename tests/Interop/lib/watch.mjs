// Stands where the provider's API is: records every request as it arrives (with its headers), answers what it was told
// to, and passes everything else on to the practice Asana. Controlled over HTTP, since its user is another process:
//   GET    /_watch/requests            what arrived, oldest first
//   DELETE /_watch/requests            forget it, and the answers
//   POST   /_watch/answers             {method?, path?: prefix, times?: 1, status, headers?, body?, delay_ms?, drop?: true}
import { createServer, request as forward } from 'node:http';

export async function startWatch(upstream) {
  let requests = [];
  let answers = [];
  const target = new URL(upstream);

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [path, query] = split(request.url);
    if (path.startsWith('/_watch/')) return control(request.method, path, body, response);

    requests.push({
      method: request.method, path, query, headers: request.headers, body: body.toString('utf8').slice(0, 65_536) });
    const answer = take(request.method, path);
    if (answer) {
      if (answer.delay_ms) await new Promise(resolve => setTimeout(resolve, answer.delay_ms));
      if (answer.drop) return request.socket.destroy();
      if (answer.status) {
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        return response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
      }
    }

    const onward = forward(
      { host: target.hostname, port: target.port, method: request.method, path: request.url,
        headers: { ...request.headers, host: target.host } },
      upstreamResponse => {
        response.writeHead(upstreamResponse.statusCode, upstreamResponse.rawHeaders);
        upstreamResponse.pipe(response);
      });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });

  function control(method, path, body, response) {
    if (method === 'DELETE') {
      requests = [];
      answers = [];
    } else if (method === 'POST') {
      answers.push({ times: 1, ...JSON.parse(body) });
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(path.endsWith('/requests') ? requests : answers));
  }

  function take(method, path) {
    const answer = answers.find(a => (!a.method || a.method === method) && (!a.path || path.startsWith(a.path)));
    if (answer && --answer.times === 0) answers = answers.filter(other => other !== answer);
    return answer;
  }

  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise(resolve => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

function split(url) {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
