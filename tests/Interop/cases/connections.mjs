import { expect, expectEqual } from '../lib/rules.mjs';

export default async function connections({ rule }, stage) {
  const { call } = stage;

  await rule('FirstCall_FetchesItsToken_AndListsConnections', async see => {
    const page = see('page', await stage.newDriver().call('listConnections', { pageSize: 30 }));
    const asana = page.connections.find(c => c.key_id === 'asana');
    expect(asana, 'asana is not listed');
    expectEqual([asana.type, asana.status, asana.enabled], ['OAUTH', 'COMPLETED', true], 'type, status, enabled');
    expect(asana.id && asana.provider_key && asana.created_at, `incomplete: ${JSON.stringify(asana)}`);
    expectEqual(page.total_size, stage.world.connections.length, 'total_size');
  });

  await rule('Connections_ArePaged_ToTheEndAndBack', async see => {
    const { items, pages } = await stage.all('listConnections', 'connections', { pageSize: 1 });
    expectEqual(items.map(c => c.key_id).sort(), [...stage.world.connections].sort(), 'names');
    expect(pages.every(p => p.connections.length === 1), 'pages of one');
    const back = await call('listConnections', { pageSize: 1, pageToken: pages.at(-1).prev_page_token });
    expectEqual(back.connections, pages.at(-2).connections, 'the page before the last');
    see('pages', pages);
  });

  await rule('Connections_AreFiltered_ByProviderAndName', async see => {
    const provider = (await call('listConnections', {})).connections[0].provider_key;
    see('provider', await call('listConnections', { provider }));
    expectEqual((await call('listConnections', { provider })).total_size, stage.world.connections.length, 'of the provider');
    expectEqual((await call('listConnections', { provider: 'GMAIL' })).total_size, 0, 'of another provider');
    const team = see('query', await call('listConnections', { query: 'team' }));
    expectEqual(team.connections.map(c => c.key_id), ['asana-team'], 'by name');
  });

  await rule('Connections_RefuseAPageOver30', async see => {
    const refusal = await stage.refused(call('listConnections', { pageSize: 31 }), 'INVALID_ARGUMENT', see);
    expectEqual(refusal.fact.violations, ['page_size: lte'], 'violations');
  });

  await rule('PageToken_OfAnotherList_IsRefused', async see => {
    const { next_page_token } = await call('listConnections', { pageSize: 1 });
    await stage.refused(
      call('listConnections', { pageSize: 1, pageToken: next_page_token, query: 'asana' }), 'INVALID_ARGUMENT', see);
    await stage.refused(call('listConnections', { pageSize: 1, pageToken: 'nonsense' }), 'INVALID_ARGUMENT', see);
    await stage.refused(call('listAccounts', { pageToken: next_page_token }), 'INVALID_ARGUMENT', see);
  });
}
