// What the SDK has and this server has not: a clean UNIMPLEMENTED each, over the same connection, and the client lives.
import sdk from '@scalekit-sdk/node';
import { expect, expectEqual } from '../lib/rules.mjs';

export default async function elsewhere({ rule }, stage) {
  if (stage.kind !== 'sdk') return;
  const { client } = stage.driver;

  const calls = {
    'connection.getConnection': () => client.connection.getConnection('org_1', 'conn_1'),
    'connection.listConnections': () => client.connection.listConnections('org_1'),
    'connection.listConnectionsByDomain': () => client.connection.listConnectionsByDomain('acme.com'),
    'connection.enableConnection': () => client.connection.enableConnection('org_1', 'conn_1'),
    'connection.disableConnection': () => client.connection.disableConnection('org_1', 'conn_1'),
    'connection.createConnection': () => client.connection.createConnection('org_1', {}),
    'connection.deleteConnection': () => client.connection.deleteConnection('org_1', 'conn_1'),
    'organization.listOrganization': () => client.organization.listOrganization({ pageSize: 1 }),
    'role.listRoles': () => client.role.listRoles(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await rule(`${name.replace('.', '_')}_IsUnimplemented_InTheSdksWords`, async () => {
      const error = await call().then(() => null, e => e);
      expectEqual(error?.name, 'ScalekitNotImplementedException', `class of ${error}`);
      expect(error.unpackedDetails.length > 0, 'no ErrorInfo');
    });
  }

  await rule('ListConnections_OfActions_IsTheSameInPlainWords', async () => {
    const page = await client.actions.listConnections({ pageSize: 30 });
    const raw = await stage.call('listConnections', { pageSize: 30 });
    expectEqual(
      page.connections.map(c => [c.id, c.type, c.status, c.enabled, c.provider, c.connectionName]),
      raw.connections.map(c => [c.id, c.type, c.status, c.enabled, c.provider_key, c.key_id]), 'connections');
  });

  await rule('ToolsClient_ExecutesLikeActions', async () => {
    const answer = await client.tools.executeTool({
      toolName: 'asana_list_my_tasks', identifier: 'alice', params: { limit: 1 } });
    expect(answer.executionId && answer.data, 'no answer');
  });

  await rule('LowLevelTwins_AnswerLikeActions', async () => {
    const { connectedAccounts } = client;
    const { connectedAccount } = await connectedAccounts.getConnectedAccountByIdentifier({
      connector: 'asana', identifier: 'alice' });
    const listed = await connectedAccounts.listConnectedAccounts({ connector: 'asana', identifier: 'alice' });
    expectEqual(listed.connectedAccounts.map(a => a.id), [connectedAccount.id], 'ids');
    const link = await connectedAccounts.getMagicLinkForConnectedAccount({ connectedAccountId: connectedAccount.id });
    expect(link.link.startsWith(stage.world.url), `link ${link.link}`);
  });

  await rule('SigningKeys_AreServed_AndTheTokenIsSignedByOne', async () => {
    await client.coreClient.getJwks();
    expect(client.coreClient.keys.length > 0 && client.coreClient.keys.every(key => key.kid), 'no keys');
    expect(await client.validateAccessToken(client.coreClient.accessToken), 'the SDK does not take our token for valid');
    expect(!(await client.validateAccessToken(`${client.coreClient.accessToken}x`)), 'a broken token is taken for valid');
  });

  await rule('UnreachableServer_IsUnavailable_AndTheProcessLives', async () => {
    const lost = new sdk.ScalekitClient('http://127.0.0.1:1', 'skc_1', 'sks_1', { timeoutMs: 3000 });
    const error = await lost.actions.listConnections().then(() => null, e => e);
    expect(error instanceof sdk.ScalekitServerException, `${error}`);
  });
}
