// Connectors that ask for a key: what an application brings for its user, instead of the user's own typing.
import { RestDriver } from '../lib/drivers.mjs';
import { expect, expectEqual } from '../lib/rules.mjs';

const connectionName = 'practice-keys';

/** A connector whose key is a practice Asana's personal access token, and a connection of it. */
async function describe(stage) {
  const { url, client_id, client_secret, watch } = stage.world;
  const rest = new RestDriver(url, client_id, client_secret);
  const send = async (path, body) => {
    const response = await rest.send('POST', path, { body });
    const answer = await response.json();
    expect(response.ok, `${path}: ${response.status} ${answer.message}`);
    return answer;
  };
  const { provider } = await send('/api/v1/custom-providers', {
    display_name: 'Practice Keys', proxy_url: 'https://api.example',
    auth_patterns: [{ type: 'BEARER', fields: [{ field_name: 'token', label: 'Token' }] }] });
  await send('/api/v1/behalf/connections', { connector: provider.identifier, name: connectionName, base_url: watch });
}

export default async function keys({ rule }, stage) {
  const { call } = stage;
  const brought = details => ({ details: { case: 'staticAuth', value: { details } } });
  const me = async identifier => {
    const { result, requests } = await stage.watched([], () =>
      stage.driver.proxy({ connectionName, identifier, path: '/api/1.0/users/me' }));
    return { name: result.data.data.name, sent: requests.map(request => request.headers.authorization) };
  };
  const [alice, bob] = ['alice', 'bob'].map(key => stage.user(key));

  await rule('KeyOfACustomConnector_Stage', () => describe(stage));

  await rule('BroughtKey_MakesAnActiveAccount_AndIsSentAsItsConnectorSays', async see => {
    const name = { connectionName, identifier: 'k1' };
    const made = see('made', (await call('createAccount', {
      ...name, authorizationDetails: brought({ token: alice.pat }) })).connected_account);
    expectEqual([made.status, made.authorization_type], ['ACTIVE', 'BEARER_TOKEN'], 'account');
    expect(!JSON.stringify(made).includes(alice.pat), 'the key was read back');
    expectEqual(await me('k1'), { name: alice.name, sent: [`Bearer ${alice.pat}`] }, 'at the provider');
    const read = see('read', (await call('getAccount', name)).connected_account);
    expect(!JSON.stringify(read).includes(alice.pat), 'the key was read back');
  });

  await rule('EmptyToken_IsPending_AlsoWhereAKeyIsAsked', async see => {
    const name = { connectionName, identifier: 'k2' };
    const empty = { details: { case: 'oauthToken', value: {} } };
    const pending = see('pending', (await call('createAccount', { ...name, authorizationDetails: empty })).connected_account);
    expectEqual(pending.status, 'PENDING_AUTH', 'status');
    const active = see('active', (await call('updateAccount', {
      ...name, authorizationDetails: brought({ token: alice.pat }) })).connected_account);
    expectEqual(active.status, 'ACTIVE', 'status');
  });

  await rule('BroughtKey_ReplacesTheOneBefore', async see => {
    const name = { connectionName, identifier: 'k1' };
    see('changed', await call('updateAccount', { ...name, authorizationDetails: brought({ token: bob.pat }) }));
    expectEqual((await me('k1')).name, bob.name, 'at the provider');
  });

  await rule('Keys_AreCheckedByTheConnectorsFields', async see => {
    const name = { connectionName, identifier: 'k3' };
    for (const details of [{}, { key: 'x' }, { token: 'x', more: 'y' }, { token: 5 }, { token: 'two words' }]) {
      const refused = await stage.refused(
        call('createAccount', { ...name, authorizationDetails: brought(details) }), 'INVALID_ARGUMENT', see);
      expect(refused.fact.violations?.length > 0, 'no violations');
    }
    await stage.refused(call('getAccount', name), 'NOT_FOUND', see);
  });

  await rule('Credentials_OfAnotherKind_AreRefused_NamingWhatIsTaken', async see => {
    const key = await stage.refused(call('createAccount', {
      connectionName: 'asana', identifier: 'k4', authorizationDetails: brought({ token: 'x' }) }), 'INVALID_ARGUMENT', see);
    expect(/OAuth/.test(key.fact.message), key.fact.message);
    const token = { details: { case: 'oauthToken', value: { accessToken: 'x', refreshToken: '', scopes: [] } } };
    const oauth = await stage.refused(call('createAccount', {
      connectionName, identifier: 'k4', authorizationDetails: token }), 'INVALID_ARGUMENT', see);
    expect(/static_auth with token/.test(oauth.fact.message), oauth.fact.message);
  });
}
