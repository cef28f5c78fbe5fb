// The operator's identity provider: oidc-provider, with people who are asked who they are on a page of its own.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * `Provider`: oidc-provider's, from whichever suite starts it. `people`: claims by the name that is typed in. Every visitor has to
 * sign in; the grant is given without a further page.
 */
export async function startProvider(Provider, port, redirectUri, people) {
  const server = createServer();
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${port}`;
  const secret = randomBytes(24).toString('base64url');
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'behalf', client_secret: secret, redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'client_secret_basic',
    }],
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async context => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response);
    if (request.method === 'GET') {
      response.setHeader('content-type', 'text/html');
      return response.end(
        `<form method="post" id="who" action="${request.url}"><input name="name"><button>Go</button></form>`);
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    await provider.interactionFinished(
      request, response, { login: { accountId: new URLSearchParams(body).get('name') } });
  });
  return {
    issuer,
    secret,
    close: () => new Promise(resolve => { server.closeAllConnections(); server.close(resolve); }),
  };
}
