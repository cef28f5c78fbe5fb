import { Failure } from '../lib/drivers.mjs';
import { expect, expectEqual } from '../lib/rules.mjs';
import { mintSession } from './credentials.mjs';

export default async function proxy({ rule }, stage) {
  const ask = (args, driver = stage.driver) => driver.proxy({ connectionName: 'asana', identifier: 'alice', ...args });
  const refused = async (asked, http, see, exception) => {
    const failure = await asked.then(() => null, error => error);
    if (!(failure instanceof Failure)) throw failure ?? new Error(`was not refused, though ${http} was due`);
    expectEqual(failure.fact.http, http, 'status');
    if (stage.kind === 'sdk') expectEqual(failure.exception, exception, 'class');
    see?.('refused', failure.fact);
    return failure;
  };

  await rule('ProxyCall_BeforeAnyOther_HasNoToken_AsInTheOriginal', async () => {
    if (stage.kind !== 'sdk') return;
    const fresh = stage.newDriver();
    await refused(ask({ path: '/api/1.0/users/me' }, fresh), 401, null, 'ScalekitUnauthorizedException');
    await fresh.call('listConnections');
    expectEqual((await ask({ path: '/api/1.0/users/me' }, fresh)).status, 200, 'after one other call');
  });

  await rule('ProxyCall_ReachesTheProvider_AsTheUser', async see => {
    const { result, requests } = await stage.watched(
      [], () => ask({ path: '/api/1.0/users/me', queryParams: { opt_fields: 'name,email' }, headers: { 'x-own': 'kept' } }));
    expectEqual(result.data.data.gid, stage.user('alice').gid, 'who the provider sees');
    see('answer', result);
    expectEqual(requests.length, 1, 'requests at the provider');
    const [{ headers, path, query }] = requests;
    expectEqual([path, new URLSearchParams(query).get('opt_fields')], ['/api/1.0/users/me', 'name,email'], 'path and query');
    expectEqual(headers['x-own'], 'kept', 'a header of the caller');
    for (const name of ['connection_name', 'identifier', 'x-sdk-version', 'x-api-version', 'cookie', 'forwarded'])
      expect(!(name in headers), `the provider got ${name}`);
    const ours = stage.kind === 'sdk' ? stage.driver.client.coreClient.accessToken : await stage.driver.token();
    expect(headers.authorization && headers.authorization !== `Bearer ${ours}`, 'the provider got our token');
  });

  await rule('ProxyCall_CarriesABody_OnceThere', async see => {
    const { result, requests } = await stage.watched([], () => ask({
      method: 'POST', path: '/api/1.0/tasks',
      body: { data: { name: 'Interop: by proxy', assignee: 'me', workspace: stage.workspace.gid } } }));
    expectEqual(result.status, 201, 'status');
    expectEqual(requests.map(r => r.method), ['POST'], 'requests at the provider');
    const { tasks } = await stage.sandbox('data');
    expectEqual(tasks.filter(t => t.name === 'Interop: by proxy').map(t => t.created_by), ['alice'], 'made by');
    see('status', result.status);
  });

  for (const [status, exception] of [
    [400, 'ScalekitBadRequestException'], [403, 'ScalekitForbiddenException'], [404, 'ScalekitNotFoundException'],
    [429, 'ScalekitTooManyRequestsException'], [500, 'ScalekitInternalServerException'],
  ]) {
    await rule(`ProxyCall_PassesProviders${status}_AfterOneRequest`, async see => {
      const { requests } = await stage.watched(
        [{ path: '/api/1.0/projects', times: 100, status, body: { errors: [{ message: 'as the provider says' }] } }],
        async () => {
          const failure = await refused(ask({ path: '/api/1.0/projects' }), status, see, exception);
          expectEqual(failure.fact.data.errors[0].message, 'as the provider says', 'the body');
        });
      expectEqual(requests.length, 1, 'requests at the provider');
    });
  }

  await rule('ProxyCall_ForAnUnknownConnectionOrUser_SendsNothing', async see => {
    const { requests } = await stage.watched([], async () => {
      await refused(ask({ path: '/api/1.0/users/me', connectionName: 'nowhere' }), 404, see, 'ScalekitNotFoundException');
      const none = await ask({ path: '/api/1.0/users/me', identifier: 'nobody' }).then(() => null, e => e);
      expect(none instanceof Failure && none.fact.http >= 400 && none.fact.http < 500, `answered ${none}`);
      see('nobody', none.fact);
    });
    expectEqual(requests.length, 0, 'requests at the provider');
  });

  await rule('ProxyCall_IsOff_ForUserSessions', async see => {
    const session = await mintSession(stage, 'alice');
    const agent = stage.newDriver(session.client_id, session.client_secret);
    await agent.call('listScopedTools', { identifier: 'alice' });
    const { requests } = await stage.watched([], () =>
      refused(ask({ path: '/api/1.0/users/me' }, agent), 403, see, 'ScalekitForbiddenException'));
    expectEqual(requests.length, 0, 'requests at the provider');
  });
}
