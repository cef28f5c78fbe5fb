import { expect, expectEqual } from '../lib/rules.mjs';

export default async function execution({ rule }, stage) {
  const { call } = stage;
  const execute = (toolName, toolInput, more) => call('execute', { toolName, toolInput, identifier: 'alice', ...more });
  // Alice is in two workspaces.
  const create = (name, more) => execute('asana_create_task', { name, workspace: stage.workspace.gid }, more);
  const inApi = (requests, method, path) => requests.filter(r => r.method === method && r.path === `/api/1.0${path}`);

  await rule('Execution_ActsAsTheUser_AndAnswersWithAnObject', async see => {
    const { result, requests } = await stage.watched([], () => create('Interop: plain'));
    expect(/^\w+_\w+/.test(result.execution_id), `execution_id ${result.execution_id}`);
    expect(result.data && typeof result.data === 'object', 'data is no object');
    const writes = inApi(requests, 'POST', '/tasks');
    expectEqual(writes.length, 1, 'writes at the provider');
    expect(/^Bearer /.test(writes[0].headers.authorization), 'no bearer token at the provider');
    expect(!JSON.stringify(requests).includes(stage.world.client_secret), 'our secret reached the provider');
    const { tasks } = await stage.sandbox('data');
    expectEqual(tasks.find(t => t.name === 'Interop: plain')?.created_by, 'alice', 'created_by');
    see('answer', result);
  });

  await rule('Account_IsNamed_ByIdOrByConnection', async see => {
    const { id } = (await call('getAccount', { connectionName: 'asana', identifier: 'alice' })).connected_account;
    see('by id', await call('execute', { toolName: 'asana_list_my_tasks', toolInput: {}, connectedAccountId: id }));
    see('by connection', await execute('asana_list_my_tasks', { limit: 2 }, { connector: 'asana' }));
    await stage.refused(
      execute('asana_list_my_tasks', {}, { identifier: 'bob', connectedAccountId: id }), 'NOT_FOUND', see);
    await stage.refused(
      execute('asana_list_my_tasks', {}, { connectedAccountId: `ca_${'0'.repeat(26)}` }), 'NOT_FOUND', see);
  });

  await rule('Integers_ReachTheProvider_AsIntegers', async see => {
    const { requests } = await stage.watched([], () => execute('asana_list_my_tasks', { limit: 7 }));
    const limits = requests.flatMap(r => [...new URLSearchParams(r.query)]).filter(([name]) => name === 'limit');
    expect(limits.some(([, value]) => value === '7'), `limits ${JSON.stringify(limits)}`);
    see('limits', limits);
    await stage.refused(execute('asana_list_my_tasks', { limit: 7.5 }), 'INVALID_ARGUMENT', see);
  });

  // One status each, on a write that is never repeated: one request arrives, whatever the client does with the failure.
  for (const [status, code, sdkClass] of [
    [400, 'INVALID_ARGUMENT', 'ScalekitToolException'],
    [403, 'PERMISSION_DENIED', 'ScalekitToolForbiddenException'],
    [404, 'NOT_FOUND', 'ScalekitToolException'],
    [429, 'RESOURCE_EXHAUSTED', 'ScalekitToolRateLimitException'],
    [500, 'UNKNOWN', 'ScalekitToolException'],
    [503, 'UNKNOWN', 'ScalekitToolException'],
  ]) {
    await rule(`Providers${status}_IsAToolError_AfterExactlyOneWrite`, async see => {
      const { requests } = await stage.watched(
        [{ method: 'POST', path: '/api/1.0/tasks', times: 100, status, body: { errors: [{ message: `practised ${status}` }] } }],
        async () => {
          const failure = await stage.refused(create(`Interop: ${status}`), code, see);
          expectEqual(failure.fact.error_code, 'TOOL_ERROR', 'error_code');
          if (stage.kind === 'sdk') expectEqual(failure.exception, sdkClass, 'class');
        });
      expectEqual(inApi(requests, 'POST', '/tasks').length, 1, 'writes at the provider');
    });

    await rule(`Providers${status}_ToARead_IsOneRequest`, async see => {
      const { requests } = await stage.watched(
        [{ path: '/api/1.0/projects/', times: 100, status, body: { errors: [{ message: `practised ${status}` }] } }],
        () => stage.refused(execute('asana_get_project', { project: '1200000000000' + status }), code, see));
      expectEqual(requests.length, 1, 'requests at the provider');
    });
  }

  // Only SDKs that tell a tool's 401 from their own are told UNAUTHENTICATED.
  const unauthorized = stage.kind === 'sdk' ? 'UNAUTHENTICATED' : 'FAILED_PRECONDITION';
  const withoutStatus = ({ code, http, ...fact }) => fact;

  await rule('Providers401_ToANewCredential_IsAToolError_AfterExactlyOneWrite', async see => {
    await stage.connect('carol', { connectionName: 'asana-team' });
    const { requests } = await stage.watched(
      [{ method: 'POST', path: '/api/1.0/tasks', times: 100, status: 401, body: { errors: [{ message: 'Not Authorized' }] } }],
      async () => {
        const failure = await stage.refused(
          create('Interop: 401', { identifier: 'carol', toolName: 'asana_team_create_task' }), unauthorized);
        see('refused', withoutStatus(failure.fact));
      });
    expectEqual(inApi(requests, 'POST', '/tasks').length, 1, 'writes at the provider');
  });

  await rule('Providers401_ThatStays_IsAToolsUnauthorized_AndNeverOurs', async see => {
    const details = { details: { case: 'oauthToken', value: { accessToken: 'worn-out', refreshToken: '', scopes: ['default'] } } };
    // The token works when it is brought along, and no longer when it is used.
    const me = { method: 'GET', path: '/api/1.0/users/me', times: 1, status: 200, body: { data: { gid: '4711', name: 'Dave' } } };
    await stage.watched([me], () =>
      call('createAccount', { connectionName: 'asana-team', identifier: 'dave', authorizationDetails: details }));
    const { requests } = await stage.watched([], async () => {
      const failure = await stage.refused(
        call('execute', { identifier: 'dave', toolName: 'asana_team_list_my_tasks', toolInput: {} }), unauthorized);
      expectEqual(failure.fact.tool_error_code, 'reconnect_required', 'tool_error_code');
      expect(failure.fact.links?.includes('authorization_link'), `links ${failure.fact.links}`);
      see('refused', withoutStatus(failure.fact));
    });
    expectEqual(requests.length, 1, 'requests at the provider');
  });

  await rule('UnknownTool_IsNotFound', async see => {
    await stage.refused(execute('asana_no_such_tool', {}), 'NOT_FOUND', see);
  });

  await rule('BadArguments_AreRefused_BeforeAnythingIsSent', async see => {
    const { requests } = await stage.watched([], async () => {
      const missing = await stage.refused(execute('asana_create_task', {}), 'INVALID_ARGUMENT', see);
      expect(missing.fact.violations?.some(v => /name/.test(v)), `violations ${missing.fact.violations}`);
      await stage.refused(execute('asana_create_task', { name: 5 }), 'INVALID_ARGUMENT', see);
      await stage.refused(execute('asana_create_task', { name: 'x', surprise: 1 }), 'INVALID_ARGUMENT', see);
      await stage.refused(execute('asana_create_task', { name: 'x', identifier: 'bob' }), 'INVALID_ARGUMENT', see);
    });
    expectEqual(requests.length, 0, 'requests at the provider');
  });

  await rule('UserWithoutAnAccount_IsTold_AndNothingIsSent', async see => {
    const { requests } = await stage.watched([], async () => {
      const refusal = await stage.refused(
        execute('asana_list_my_tasks', {}, { identifier: 'nobody' }), 'FAILED_PRECONDITION', see);
      expectEqual(refusal.fact.error_code, 'not_connected', 'error_code');
      expect(refusal.fact.links?.includes('authorization_link'), `links ${refusal.fact.links}`);
      const pending = await stage.refused(
        execute('asana_list_my_tasks', {}, { identifier: 'u1' }), 'FAILED_PRECONDITION', see);
      expect(/PENDING_AUTH/.test(pending.fact.message), `the state is not named: ${pending.fact.message}`);
      expect(pending.fact.links?.includes('authorization_link'), `links ${pending.fact.links}`);
    });
    expectEqual(requests.length, 0, 'requests at the provider');
  });

  await rule('NameThatFitsNothingOrSeveral_IsTheCallersToMend', async see => {
    const several = await stage.refused(execute('asana_create_task', { name: 'Interop: where' }), 'FAILED_PRECONDITION', see);
    expectEqual(several.fact.tool_error_code, 'ambiguous', 'tool_error_code');
    const none = await stage.refused(
      execute('asana_get_project', { project: 'No such project', workspace: stage.workspace.gid }), 'NOT_FOUND', see);
    expectEqual(none.fact.tool_error_code, 'not_found_or_no_access', 'tool_error_code');
  });

  await rule('LostReply_IsLookedFor_AndNothingIsDoneTwice', async see => {
    await stage.sandbox('faults', 'POST', [
      { match: { method: 'POST', path_prefix: '/api/1.0/tasks' }, kind: 'drop_after' }]);
    see('answer', await create('Interop: lost reply'));
    const { tasks } = await stage.sandbox('data');
    expectEqual(tasks.filter(t => t.name === 'Interop: lost reply').length, 1, 'tasks');
  });

  await rule('ManyCallsAtOnce_AreEachAnswered', async () => {
    const names = Array.from({ length: 16 }, (_, n) => `Interop: at once ${n}`);
    const answers = await Promise.all(names.map(name => create(name)));
    expectEqual(new Set(answers.map(a => a.execution_id)).size, names.length, 'distinct executions');
    const { tasks } = await stage.sandbox('data');
    for (const name of names) expectEqual(tasks.filter(t => t.name === name).length, 1, name);
  });

  await rule('TwoEqualComments_AreTwoComments', async () => {
    const input = { task: 'Interop: plain', text: 'the same words' };
    await execute('asana_add_comment_to_task', input);
    await execute('asana_add_comment_to_task', input);
    const { stories } = await stage.sandbox('data');
    expectEqual(stories.filter(s => s.text === 'the same words').length, 2, 'comments');
  });

  await rule('CallersDeadline_IsAGatewayTimeout_AndOneWrite', async () => {
    if (stage.kind !== 'sdk') return;
    const hasty = stage.newDriver(undefined, undefined, { toolTimeoutMs: 1500 });
    await hasty.call('listConnections');
    const { requests } = await stage.watched(
      [{ method: 'POST', path: '/api/1.0/tasks', delay_ms: 3000 }],
      async () => {
        const failure = await hasty
          .call('execute', { identifier: 'alice', toolName: 'asana_create_task', toolInput: { name: 'Interop: slow', workspace: stage.workspace.gid } })
          .then(() => null, error => error);
        expectEqual(failure?.exception, 'ScalekitGatewayTimeoutException', 'class');
        await new Promise(resolve => setTimeout(resolve, 2500));
      });
    expectEqual(inApi(requests, 'POST', '/tasks').length, 1, 'writes at the provider');
  });
}
