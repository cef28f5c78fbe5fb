// A client that takes nothing on trust (oauth4webapi): discovery, a pushed request, iss, PKCE, resource, refresh, revocation.
import * as oauth from 'oauth4webapi';
import { Person } from '../../tests/Interop/lib/person.mjs';
import { agree } from './sign-in.mjs';

const options = { [oauth.allowInsecureRequests]: true }; // loopback

export async function strictClient(world, mcp, issuer) {
  const resource = await oauth.processResourceDiscoveryResponse(
    new URL(mcp), await oauth.resourceDiscoveryRequest(new URL(mcp), options));
  holds(resource.authorization_servers[0] === issuer, resource);
  const identifier = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(
    identifier, await oauth.discoveryRequest(identifier, { ...options, algorithm: 'oauth2' }));
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(
      server,
      { client_name: 'Strict', redirect_uris: ['https://strict.acme.com/callback'], token_endpoint_auth_method: 'none' },
      options));
  const none = oauth.None();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const pushed = await oauth.processPushedAuthorizationResponse(
    server, client,
    await oauth.pushedAuthorizationRequest(server, client, none, new URLSearchParams({
      response_type: 'code', redirect_uri: 'https://strict.acme.com/callback', state, resource: mcp,
      scope: 'tools:read tools:write offline_access', code_challenge_method: 'S256',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    }), options));
  const authorize = new URL(server.authorization_endpoint);
  authorize.searchParams.set('client_id', client.client_id);
  authorize.searchParams.set('request_uri', pushed.request_uri);
  const back = await agree(new Person('bob'), authorize.href, 'allow', 'https://strict.acme.com/');
  const parameters = oauth.validateAuthResponse(server, client, new URL(back.url), state); // iss among others
  const first = await oauth.processAuthorizationCodeResponse(
    server, client,
    await oauth.authorizationCodeGrantRequest(
      server, client, none, parameters, 'https://strict.acme.com/callback', verifier,
      { ...options, additionalParameters: { resource: mcp } }));
  holds(await works(mcp, first.access_token) === 200, 'the first token does not work');
  const second = await oauth.processRefreshTokenResponse(
    server, client, await oauth.refreshTokenGrantRequest(server, client, none, first.refresh_token, options));
  holds(second.refresh_token !== first.refresh_token, 'the refresh token was not replaced');
  holds(await works(mcp, second.access_token) === 200, 'the refreshed token does not work');
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, none, second.refresh_token, options));
  holds(await works(mcp, second.access_token) === 401, 'a revoked grant still works');
}

async function works(mcp, token) {
  const response = await fetch(mcp, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json',
      accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  await response.arrayBuffer();
  return response.status;
}

function holds(condition, otherwise) {
  if (!condition) throw new Error(typeof otherwise === 'string' ? otherwise : JSON.stringify(otherwise));
}
