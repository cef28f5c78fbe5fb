import { expect, expectEqual } from '../lib/rules.mjs';

export default async function events({ rule }, stage) {
  const { call } = stage;

  await rule('Events_ArePaged_NewestFirst_ToTheEndAndBack', async () => {
    const { items, pages } = await stage.all('listEvents', 'events', { pageSize: 5 });
    expect(items.length > 10, `only ${items.length} events`);
    expectEqual(new Set(items.map(e => e.id)).size, items.length, 'distinct ids');
    const times = items.map(e => Date.parse(e.occurred_at));
    expect(times.every((t, n) => n === 0 || t <= times[n - 1]), 'not newest first');
    const back = await call('listEvents', { pageSize: 5, pageToken: pages[1].prev_page_token });
    expectEqual(back.events, pages[0].events, 'the first page again');
  });

  await rule('Events_TellOfAnAccount_FromLinkToActive', async see => {
    const { id } = (await call('getAccount', { connectionName: 'asana', identifier: 'alice' })).connected_account;
    const { items } = await stage.all('listEvents', 'events', { pageSize: 50, filter: { connectedAccountId: id } });
    const types = new Set(items.map(e => e.type));
    for (const type of ['created', 'magic_link_generated', 'status_updated'])
      expect(types.has(`connected_account.${type}`), `no connected_account.${type} among ${[...types]}`);
    for (const event of items) {
      expectEqual([event.object, event.data.id, event.data.identifier], ['ConnectedAccount', id, 'alice'], 'object and data');
      expect(/^evt_/.test(event.id) && event.spec_version && event.environment_id, `incomplete: ${JSON.stringify(event)}`);
    }
    see('types', [...types].sort());
  });

  await rule('Events_AreFiltered_ByType', async see => {
    const { items } = await stage.all(
      'listEvents', 'events', { pageSize: 100, filter: { eventTypes: ['connected_account.deleted'] } });
    expect(items.length > 0 && items.every(e => e.type === 'connected_account.deleted'), 'other types');
    see('count', items.length);
  });

  await rule('Events_RefuseAForeignToken', async see => {
    await stage.refused(call('listEvents', { pageSize: 5, pageToken: 'nonsense' }), 'INVALID_ARGUMENT', see);
  });
}
