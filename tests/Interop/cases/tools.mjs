import { expect, expectEqual } from '../lib/rules.mjs';

const nameOf = tool => tool.definition.name;

export default async function tools({ rule }, stage) {
  const { call } = stage;
  const scoped = (identifier, more) => stage.all('listScopedTools', 'tools', { identifier, ...more });

  await rule('ScopedTools_ArePaged_ToTheEnd', async see => {
    const { items, pages } = await scoped('alice', { filter: { connectionNames: ['asana'] }, pageSize: 5 });
    expect(items.length > 20, `only ${items.length} tools`);
    expectEqual(items.length, pages[0].total_size, 'count and total_size');
    expectEqual(new Set(items.map(i => nameOf(i.tool))).size, items.length, 'distinct names');
    expect(pages.slice(0, -1).every(p => p.tools.length === 5), 'pages of five');
    const account = (await call('getAccount', { connectionName: 'asana', identifier: 'alice' })).connected_account;
    for (const { tool, identifier, connected_account_id } of items) {
      expectEqual(tool.definition.input_schema.type, 'object', `${nameOf(tool)}'s input_schema.type`);
      expect(tool.definition.description.length >= 10, `${nameOf(tool)} has no description`);
      expectEqual([identifier, connected_account_id], ['alice', account.id], `${nameOf(tool)}'s account`);
    }
    see('pages', pages);
  });

  await rule('ScopedTools_WithAnEmptyFilter_AreAll', async () => {
    const all = await scoped('alice', { filter: {} });
    expectEqual(all.items.length, (await scoped('alice', { pageSize: 3 })).items.length, 'counts');
  });

  await rule('ScopedTools_OfAnUnknownUser_AreNone', async see => {
    expectEqual(see('page', await call('listScopedTools', { identifier: 'nobody' })).total_size, 0, 'total_size');
  });

  await rule('ScopedTools_OfAPendingAccount_AreNone', async () => {
    expectEqual((await call('listScopedTools', { identifier: 'u1' })).total_size, 0, 'total_size');
  });

  await rule('ScopedTools_AreFiltered', async see => {
    const names = async filter => (await scoped('alice', { filter })).items.map(i => nameOf(i.tool)).sort();
    const [one, two] = await names({});
    expectEqual(await names({ toolNames: [one, two] }), [one, two], 'by name');
    expectEqual(await names({ toolNames: [one], connectionNames: ['asana-team'] }), [], 'AND across fields');
    expectEqual(await names({ providers: ['GMAIL'] }), [], 'another provider');
    expectEqual((await names({ providers: ['ASANA'] })).length, (await names({})).length, 'by provider, as SDKs write it');
    see('filtered', await call('listScopedTools', { identifier: 'alice', filter: { toolNames: [one] } }));
  });

  await rule('ScopedTools_NeedAnIdentifier', async see => {
    const refusal = await stage.refused(call('listScopedTools', { identifier: '' }), 'INVALID_ARGUMENT', see);
    expectEqual(refusal.fact.violations, ['identifier: required'], 'violations');
  });

  await rule('ScopedToolsToken_OfAnotherUser_IsRefused', async see => {
    const { next_page_token } = await call('listScopedTools', { identifier: 'alice', pageSize: 5 });
    await stage.refused(
      call('listScopedTools', { identifier: 'bob', pageSize: 5, pageToken: next_page_token }), 'INVALID_ARGUMENT', see);
  });

  await rule('Tools_ArePaged_ToTheEnd', async see => {
    const { items, pages } = await stage.all('listTools', 'tools', { pageSize: 10 });
    expectEqual(items.length, pages[0].total_size, 'count and total_size');
    expectEqual(new Set(items.map(nameOf)).size, items.length, 'distinct names');
    see('first', pages[0]);
  });

  await rule('Tools_AreFiltered', async see => {
    const names = async filter => (await stage.all('listTools', 'tools', { filter })).items.map(nameOf);
    expectEqual(await names({ toolName: ['asana_create_task'] }), ['asana_create_task'], 'by name');
    expect((await names({ query: 'comment' })).every(n => n), 'by text');
    expect((await names({ query: 'comment' })).length > 0, 'by text: none');
    expectEqual(await names({ provider: 'GMAIL' }), [], 'another provider');
    expect((await names({ connector: 'asana' })).includes('asana_create_task'), 'by connection');
    await stage.refused(call('listTools', { filter: { query: 'ab' } }), 'INVALID_ARGUMENT', see);
    const { id } = (await call('getAccount', { connectionName: 'asana', identifier: 'alice' })).connected_account;
    expect((await names({ connectedAccountId: id })).includes('asana_create_task'), 'by account');
    await stage.refused(
      call('listTools', { filter: { connectedAccountId: `ca_${'0'.repeat(26)}` } }), 'NOT_FOUND', see);
  });

  await rule('ToolSummary_IsNamesOnly', async see => {
    const page = see('summary', await call('listTools', { filter: { summary: true } }));
    expect(page.tool_names.includes('asana_create_task') && page.tools.length === 0, 'not names only');
  });

  await rule('AvailableTools_AreThoseNotBoundYet', async see => {
    const available = async identifier =>
      (await stage.all('listAvailableTools', 'tools', { identifier, pageSize: 20 })).items.map(nameOf);
    const bound = new Set((await scoped('alice')).items.map(i => nameOf(i.tool)));
    const hers = await available('alice');
    expect(hers.every(name => !bound.has(name)), 'a bound tool is offered');
    const all = (await stage.all('listTools', 'tools', {})).items.map(nameOf);
    expectEqual((await available('nobody')).sort(), all.sort(), 'for a user without accounts');
    expectEqual(hers.length + bound.size, all.length, 'bound and available together');
    see('first', await call('listAvailableTools', { identifier: 'nobody', pageSize: 2 }));
  });
}
