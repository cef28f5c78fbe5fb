// A second client that takes nothing on trust (openid-client), in the browser of whoever is given: registration, a pushed
// request, consent, a call as the person, refresh, revocation.
import * as client from 'openid-client';

const redirectUri = 'https://second.acme.com/callback';

/** @returns What `name` answered to the person, once with the first token and once with the refreshed one. */
export async function secondClient({ mcp, issuer, agreeAt, call }) {
  const config = await client.dynamicClientRegistration(
    new URL(issuer), { client_name: 'Second', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    client.None(), { execute: [client.allowInsecureRequests], algorithm: 'oauth2' }); // insecure: loopback
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const authorize = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: redirectUri, resource: mcp, state: expectedState, scope: 'tools:read offline_access',
    code_challenge_method: 'S256', code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  });
  const back = await agreeAt(authorize.href, redirectUri);
  const tokens = await client.authorizationCodeGrant( // which checks iss and state
    config, new URL(back), { pkceCodeVerifier, expectedState }, { resource: mcp });
  const first = await call(tokens.access_token);
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, { resource: mcp });
  const second = await call(fresh.access_token);
  await client.tokenRevocation(config, fresh.refresh_token);
  const last = await call(fresh.access_token);
  return { first, second, last };
}
