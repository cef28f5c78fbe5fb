import { expect, expectEqual } from '../lib/rules.mjs';

const connectionName = 'asana';

/** The SDK's own get-or-create: two calls, joined by NOT_FOUND. REST does the same. */
async function getOrCreate(stage, args) {
  if (stage.kind === 'sdk') {
    const { connectedAccount } = await stage.driver.client.actions.getOrCreateConnectedAccount(args);
    return (await stage.call('getAccount', { connectedAccountId: connectedAccount.id })).connected_account;
  }

  try {
    return (await stage.call('getAccount', args)).connected_account;
  } catch (failure) {
    expectEqual(failure.fact?.code, 'NOT_FOUND', 'get before create');
    const authorizationDetails = { details: { case: 'oauthToken', value: {} } };
    return (await stage.call('createAccount', { ...args, authorizationDetails })).connected_account;
  }
}

export default async function accounts({ rule }, stage) {
  const { call } = stage;

  await rule('GetOrCreate_GivesTheSameAccountTwice', async see => {
    const name = { connectionName, identifier: 'u1' };
    await stage.refused(call('getAccount', name), 'NOT_FOUND', see);
    const first = see('created', await getOrCreate(stage, name));
    expect(/^ca_/.test(first.id), `id ${first.id}`);
    expectEqual([first.status, first.identifier, first.connector], ['PENDING_AUTH', 'u1', connectionName], 'account');
    expectEqual((await getOrCreate(stage, name)).id, first.id, 'the second time');
  });

  await rule('Upsert_IsGetOrCreate', async () => {
    if (stage.kind !== 'sdk') return;
    const { actions, connectedAccounts } = stage.driver.client;
    const one = await actions.upsertConnectedAccount({ connectionName, identifier: 'u1' });
    const other = await connectedAccounts.upsertConnectedAccount({ connector: connectionName, identifier: 'u1' });
    expectEqual(one.connectedAccount.id, other.connectedAccount.id, 'ids');
  });

  await rule('CreatingAnAccountThatIsThere_IsAConflict', async see => {
    const name = { connectionName, identifier: 'u2' };
    see('created', await call('createAccount', name));
    await stage.refused(call('createAccount', name), 'ALREADY_EXISTS', see);
  });

  await rule('Account_CannotBeMade_OnAnUnknownConnection', async see => {
    await stage.refused(call('createAccount', { connectionName: 'nowhere', identifier: 'u1' }), 'NOT_FOUND', see);
  });

  await rule('BadNames_AreRefused_FieldByField', async see => {
    const tooLong = await stage.refused(
      call('createAccount', { connectionName, identifier: 'x'.repeat(257) }), 'INVALID_ARGUMENT', see);
    expect(tooLong.fact.violations?.some(v => v.startsWith('identifier')), `violations ${tooLong.fact.violations}`);
    const pattern = await stage.refused(
      call('createAccount', { connectionName: 'no/slash', identifier: 'u1' }), 'INVALID_ARGUMENT', see);
    expect(pattern.fact.violations?.some(v => v.startsWith('connector')), `violations ${pattern.fact.violations}`);
    const id = await stage.refused(call('getAccount', { connectedAccountId: 'xx_1' }), 'INVALID_ARGUMENT', see);
    expectEqual(id.fact.violations, ['id: prefix'], 'violations');
  });

  await rule('Identifiers_MayBeLong_AndOfAnyScript', async see => {
    for (const identifier of ['ü'.repeat(256), 'Ивана 王', 'a+b@acme.com', 'x y']) {
      const { connected_account } = see('account', await call('createAccount', { connectionName, identifier }));
      expectEqual(connected_account.identifier, identifier, 'identifier');
      expectEqual(
        (await call('getAccount', { connectionName, identifier })).connected_account.id, connected_account.id, 'id');
      await call('deleteAccount', { connectedAccountId: connected_account.id });
    }
  });

  await rule('ApiConfig_IsKept_AndChangedByUpdate', async see => {
    const name = { connectionName, identifier: 'u3' };
    await call('createAccount', { ...name, apiConfig: { base: 'https://a.example', depth: 2, on: true } });
    const before = see('before', (await call('getAccount', name)).connected_account);
    expectEqual(before.api_config, { base: 'https://a.example', depth: 2, on: true }, 'api_config');
    see('answer', await call('updateAccount', { ...name, apiConfig: { base: 'https://b.example' } }));
    const after = see('after', (await call('getAccount', { connectedAccountId: before.id })).connected_account);
    expectEqual([after.id, after.api_config], [before.id, { base: 'https://b.example' }], 'after the update');
  });

  await rule('ImportedTokens_MakeAnActiveAccount', async see => {
    const name = { connectionName, identifier: 'u4' };
    const pat = stage.user('bob').pat;
    const details = { details: { case: 'oauthToken', value: { accessToken: pat, refreshToken: '', scopes: ['default'] } } };
    const made = see('made', (await call('createAccount', { ...name, authorizationDetails: details })).connected_account);
    expectEqual(made.status, 'ACTIVE', 'status');
    expect(!JSON.stringify(made).includes(pat), 'the token was read back');
    const { result } = await stage.watched([], () => call('execute', {
      identifier: 'u4', toolName: 'asana_list_my_tasks', toolInput: {} }));
    see('tasks', result);
  });

  await rule('ImportedTokens_BringAPendingAccountToLife', async see => {
    const name = { connectionName, identifier: 'u5' };
    expectEqual((await call('createAccount', name)).connected_account.status, 'PENDING_AUTH', 'before');
    const details = { details: { case: 'oauthToken', value: { accessToken: stage.user('carol').pat, refreshToken: '', scopes: ['default'] } } };
    if (stage.kind === 'sdk')
      await stage.driver.client.actions.upsertConnectedAccount({ ...name, authorizationDetails: details });
    else await call('updateAccount', { ...name, authorizationDetails: details });
    const after = see('after', (await call('getAccount', name)).connected_account);
    expectEqual(after.status, 'ACTIVE', 'status');
  });

  await rule('Labels_NarrowALookUp_AndNeverSelect', async see => {
    const name = { connectionName, identifier: 'u6' };
    await call('createAccount', { ...name, organizationId: 'org_acme', userId: 'usr_6' });
    see('found', await call('getAccount', { ...name, organizationId: 'org_acme' }));
    await stage.refused(call('getAccount', { ...name, organizationId: 'org_other' }), 'NOT_FOUND', see);
    await stage.refused(call('getAccount', { connectionName, identifier: 'u1', userId: 'usr_6' }), 'NOT_FOUND', see);
    const listed = await call('listAccounts', { organizationId: 'org_acme' });
    expectEqual(listed.connected_accounts.map(a => a.identifier), ['u6'], 'listed by label');
  });

  await rule('Accounts_ArePaged_ToTheEndAndBack', async see => {
    for (const n of [1, 2, 3, 4, 5, 6, 7])
      await call('createAccount', { connectionName: 'asana-team', identifier: `paged-${n}` });
    const { items, pages } = await stage.all(
      'listAccounts', 'connected_accounts', { connectionName: 'asana-team', pageSize: 3 });
    expectEqual(items.map(a => a.identifier).sort(), [1, 2, 3, 4, 5, 6, 7].map(n => `paged-${n}`), 'identifiers');
    expectEqual(pages.map(p => p.total_size), [7, 7, 7], 'total_size');
    const back = await call('listAccounts', {
      connectionName: 'asana-team', pageSize: 3, pageToken: pages[2].prev_page_token });
    expectEqual(back.connected_accounts, pages[1].connected_accounts, 'the second page again');
    see('pages', pages);
  });

  await rule('Accounts_AreFiltered', async see => {
    const identifiers = async args => (await call('listAccounts', args)).connected_accounts.map(a => a.identifier).sort();
    expectEqual(await identifiers({ connectionNames: ['asana-team'], query: 'paged-7' }), ['paged-7'], 'names and query');
    expectEqual(await identifiers({ identifier: 'paged-3' }), ['paged-3'], 'identifier');
    expectEqual(await identifiers({ provider: 'GMAIL' }), [], 'another provider');
    const both = await identifiers({ connectionNames: ['asana', 'asana-team'] });
    expect(both.includes('u1') && both.includes('paged-1'), `both connections: ${both}`);
    see('one', await call('listAccounts', { identifier: 'paged-3' }));
  });

  await rule('DeletedAccount_IsNotFound', async see => {
    const name = { connectionName: 'asana-team', identifier: 'paged-1' };
    const { id } = (await call('getAccount', name)).connected_account;
    see('deleted', await call('deleteAccount', { connectedAccountId: id }));
    await stage.refused(call('getAccount', name), 'NOT_FOUND', see);
    await stage.refused(call('getAccount', { connectedAccountId: id }), 'NOT_FOUND', see);
    await stage.refused(call('deleteAccount', { connectedAccountId: id }), 'NOT_FOUND', see);
    see('by name', await call('deleteAccount', { connectionName: 'asana-team', identifier: 'paged-2' }));
    await stage.refused(call('updateAccount', { ...name, apiConfig: {} }), 'NOT_FOUND', see);
  });
}
