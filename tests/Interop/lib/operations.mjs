// What a client can do, once: the official SDK's method, and the same over REST. Arguments are the SDK's. Both give a
// message of the SDK's own schema, so that answers can be compared field by field.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const scalekit = name => require(`@scalekit-sdk/node/lib/pkg/grpc/scalekit/v1/${name}`);
const accounts = scalekit('connected_accounts/connected_accounts_pb');
const tools = scalekit('tools/tools_pb');
const connections = scalekit('connections/connections_pb');
const events = scalekit('events/events_pb');
export const { ErrorInfoSchema } = scalekit('errdetails/errdetails_pb');

/** An account by id, or by connection and identifier, as a request names it. */
const named = a => ({
  connector: a.connectionName, identifier: a.identifier, id: a.connectedAccountId, organization_id: a.organizationId,
  user_id: a.userId,
});
const paged = a => ({ page_size: a.pageSize, page_token: a.pageToken });
const oauth = details => details?.details?.case === 'oauthToken'
  ? { oauth_token: { access_token: details.details.value.accessToken, refresh_token: details.details.value.refreshToken,
    scopes: details.details.value.scopes } }
  : details?.details?.case === 'staticAuth' ? { static_auth: { details: details.details.value.details } } : details && {};

export const operations = {
  listConnections: {
    sdk: (client, a) => client.connection.listAppConnections(a),
    rest: a => ['GET', '/api/v1/connections/app', { ...paged(a), provider: a.provider, query: a.query }],
    answer: connections.ListAppConnectionsResponseSchema,
  },
  getAccount: {
    sdk: (client, a) => client.actions.getConnectedAccount(a),
    rest: a => ['GET', '/api/v1/connected_accounts/auth', named(a)],
    answer: accounts.GetConnectedAccountByIdentifierResponseSchema,
  },
  createAccount: {
    sdk: (client, a) => client.actions.createConnectedAccount(a),
    rest: a => ['POST', '/api/v1/connected_accounts', {
      ...named(a), connected_account: { authorization_details: oauth(a.authorizationDetails), api_config: a.apiConfig } }],
    answer: accounts.CreateConnectedAccountResponseSchema,
  },
  updateAccount: {
    sdk: (client, a) => client.actions.updateConnectedAccount(a),
    rest: a => ['PUT', '/api/v1/connected_accounts', {
      ...named(a), connected_account: { authorization_details: oauth(a.authorizationDetails), api_config: a.apiConfig } }],
    answer: accounts.UpdateConnectedAccountResponseSchema,
  },
  deleteAccount: {
    sdk: (client, a) => client.actions.deleteConnectedAccount(a),
    rest: a => ['POST', '/api/v1/connected_accounts:delete', named(a)],
    answer: accounts.DeleteConnectedAccountResponseSchema,
  },
  listAccounts: {
    sdk: (client, a) => client.actions.listConnectedAccounts(a),
    rest: a => ['GET', '/api/v1/connected_accounts', {
      ...named(a), ...paged(a), provider: a.provider, query: a.query, connection_names: a.connectionNames }],
    answer: accounts.ListConnectedAccountsResponseSchema,
  },
  link: {
    sdk: (client, a) => client.actions.getAuthorizationLink(a),
    rest: a => ['POST', '/api/v1/connected_accounts/magic_link', {
      ...named(a), state: a.state, user_verify_url: a.userVerifyUrl }],
    answer: accounts.GetMagicLinkForConnectedAccountResponseSchema,
  },
  verify: {
    sdk: (client, a) => client.actions.verifyConnectedAccountUser(a),
    rest: a => ['POST', '/api/v1/connected_accounts/user/verify', {
      auth_request_id: a.authRequestId, identifier: a.identifier }],
    answer: accounts.VerifyConnectedAccountUserResponseSchema,
  },
  listTools: {
    sdk: (client, a) => client.tools.listTools(a),
    rest: a => ['GET', '/api/v1/tools', {
      ...paged(a), 'filter.provider': a.filter?.provider, 'filter.identifier': a.filter?.identifier,
      'filter.tool_name': a.filter?.toolName, 'filter.query': a.filter?.query, 'filter.summary': a.filter?.summary,
      'filter.connector': a.filter?.connector, 'filter.connected_account_id': a.filter?.connectedAccountId }],
    answer: tools.ListToolsResponseSchema,
  },
  listScopedTools: {
    sdk: (client, { identifier, ...options }) => client.tools.listScopedTools(identifier, { filter: {}, ...options }),
    rest: a => ['GET', '/api/v1/tools/scoped', {
      identifier: a.identifier, ...paged(a), 'filter.providers': a.filter?.providers,
      'filter.tool_names': a.filter?.toolNames, 'filter.connection_names': a.filter?.connectionNames }],
    answer: tools.ListScopedToolsResponseSchema,
  },
  listAvailableTools: {
    sdk: (client, { identifier, ...options }) => client.tools.listAvailableTools(identifier, options),
    rest: a => ['GET', '/api/v1/tools/available', { identifier: a.identifier, ...paged(a) }],
    answer: tools.ListAvailableToolsResponseSchema,
  },
  execute: {
    sdk: (client, { toolInput, ...a }) => client.actions.executeTool({ ...a, toolInput }),
    rest: a => ['POST', '/api/v1/execute_tool', {
      tool_name: a.toolName, params: a.toolInput, identifier: a.identifier, connected_account_id: a.connectedAccountId,
      connector: a.connector, organization_id: a.organizationId, user_id: a.userId }],
    answer: tools.ExecuteToolResponseSchema,
  },
  listEvents: {
    sdk: (client, a) => client.events.listEventsPaginated(a.pageSize, a.pageToken, a.filter),
    rest: a => ['POST', '/api/v1/events/paginated', {
      event_types: a.filter?.eventTypes, connection_id: a.filter?.connectionId,
      connected_account_id: a.filter?.connectedAccountId }, paged(a)],
    answer: events.ListEventsPaginatedResponseSchema,
  },
};
