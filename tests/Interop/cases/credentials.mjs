import { Failure } from '../lib/drivers.mjs';
import { expect, expectEqual } from '../lib/rules.mjs';

/** A user session, minted over REST as the application's back end does. */
export async function mintSession(stage, identifier, more = {}) {
  const token = (await (await fetch(`${stage.world.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: stage.world.client_id, client_secret: stage.world.client_secret }),
  })).json()).access_token;
  const response = await fetch(`${stage.world.url}/api/v1/user_sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ identifier, ...more }),
  });
  expect(response.ok, `user_sessions: ${response.status}`);
  return response.json();
}

export default async function credentials({ rule }, stage) {
  await rule('WrongSecret_FailsAtTheTokenCall', async see => {
    const failure = await stage.newDriver(undefined, 'sks_wrong').call('listConnections').then(() => null, e => e);
    // The SDK lets its HTTP client's error through, as it does with the original.
    const [status, data] = failure instanceof Failure
      ? [failure.fact.http, failure.fact.data] : [failure?.response?.status, failure?.response?.data];
    expectEqual([status, data?.error], [401, 'invalid_client'], 'answer of the token endpoint');
    see('refused', data);
    await stage.call('listConnections');
  });

  await rule('EndedToken_IsRenewed_WithOneTokenCall', async () => {
    const { token } = await mintSession(stage, 'alice', { ttl: '1s' });
    await new Promise(resolve => setTimeout(resolve, 2000));
    const driver = stage.newDriver();
    if (stage.kind === 'rest') {
      const response = await fetch(`${stage.world.url}/api/v1/connections/app`, {
        headers: { authorization: `Bearer ${token}` } });
      expectEqual(response.status, 401, 'an ended token');
      return;
    }

    const core = driver.client.coreClient;
    let tokens = 0;
    core.axios.interceptors.request.use(config => (tokens++, config));
    core.accessToken = token;
    await driver.call('listConnections');
    expectEqual(tokens, 1, 'token calls');
  });

  await rule('UserSessionsPair_WorksInTheSameClient_ForItsOneUser', async see => {
    const session = await mintSession(stage, 'alice');
    const agent = stage.newDriver(session.client_id, session.client_secret);
    see('without a name', await agent.call('execute', { toolName: 'asana_list_my_tasks', toolInput: { limit: 3 } }));
    see('with the name', await agent.call('execute', {
      toolName: 'asana_list_my_tasks', toolInput: { limit: 4 }, identifier: 'alice' }));
    see('tools', (await agent.call('listScopedTools', { identifier: 'alice' })).total_size);
    const other = await stage.refused(
      agent.call('execute', { toolName: 'asana_list_my_tasks', toolInput: {}, identifier: 'u4' }), 'PERMISSION_DENIED', see);
    expectEqual(other.fact.error_code, 'identifier_mismatch', 'error_code');
    const { id } = (await stage.call('getAccount', { connectionName: 'asana', identifier: 'carol' })).connected_account;
    await stage.refused(agent.call('getAccount', { connectedAccountId: id }), 'NOT_FOUND', see);
    await stage.refused(agent.call('listScopedTools', { identifier: 'carol' }), 'PERMISSION_DENIED', see);
    const mine = await agent.call('listAccounts', {});
    expect(mine.connected_accounts.every(a => a.identifier === 'alice'), 'accounts of others');
  });

  await rule('UserSession_MayNotEnterWhereServicesMay', async see => {
    const session = await mintSession(stage, 'alice');
    const agent = stage.newDriver(session.client_id, session.client_secret);
    // Never "unauthenticated": the SDKs would fetch tokens and repeat.
    await stage.refused(agent.call('listConnections'), 'PERMISSION_DENIED', see);
    await stage.refused(agent.call('verify', { authRequestId: 'A'.repeat(43), identifier: 'alice' }), 'PERMISSION_DENIED', see);
  });

  await rule('UserSession_IsHeldToItsConnectionsAndTools', async see => {
    const session = await mintSession(stage, 'alice', { tools: ['asana_list_my_tasks'] });
    const agent = stage.newDriver(session.client_id, session.client_secret);
    const { tools } = await agent.call('listScopedTools', { identifier: 'alice' });
    expectEqual(tools.map(t => t.tool.definition.name), ['asana_list_my_tasks'], 'tools');
    const refusal = await agent.call('execute', { toolName: 'asana_create_task', toolInput: { name: 'x' } }).then(() => null, e => e);
    expect(refusal instanceof Failure, 'a tool outside the session ran');
    see('refused', refusal.fact);
  });
}
