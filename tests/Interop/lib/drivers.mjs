// Two clients with one surface: `call(operation, arguments)` gives plain JSON or throws a Failure; `proxy(…)` gives
// {status, data} or throws. The SDK's is the official package, unmodified; REST's is fetch.
import { fromJson, toJson } from '@bufbuild/protobuf';
import sdk from '@scalekit-sdk/node';
import { ErrorInfoSchema, operations } from './operations.mjs';

const json = { useProtoFieldName: true, alwaysEmitImplicit: true };

/** The table of the contract: gRPC code → [number, HTTP status, the SDK's class, its class for a TOOL_ERROR]. */
export const codes = {
  INVALID_ARGUMENT: [3, 400, 'ScalekitBadRequestException', 'ScalekitToolException'],
  FAILED_PRECONDITION: [9, 400, 'ScalekitBadRequestException', 'ScalekitToolException'],
  OUT_OF_RANGE: [11, 400, 'ScalekitBadRequestException', 'ScalekitToolException'],
  UNAUTHENTICATED: [16, 401, 'ScalekitUnauthorizedException', 'ScalekitToolUnauthorizedException'],
  PERMISSION_DENIED: [7, 403, 'ScalekitForbiddenException', 'ScalekitToolForbiddenException'],
  NOT_FOUND: [5, 404, 'ScalekitNotFoundException', 'ScalekitToolException'],
  ALREADY_EXISTS: [6, 409, 'ScalekitConflictException', 'ScalekitToolException'],
  ABORTED: [10, 409, 'ScalekitConflictException', 'ScalekitToolException'],
  RESOURCE_EXHAUSTED: [8, 429, 'ScalekitTooManyRequestsException', 'ScalekitToolRateLimitException'],
  CANCELLED: [1, 499, 'ScalekitCancelledException', 'ScalekitToolException'],
  UNKNOWN: [2, 500, 'ScalekitInternalServerException', 'ScalekitToolException'],
  INTERNAL: [13, 500, 'ScalekitInternalServerException', 'ScalekitToolException'],
  DATA_LOSS: [15, 500, 'ScalekitInternalServerException', 'ScalekitToolException'],
  UNIMPLEMENTED: [12, 501, 'ScalekitNotImplementedException', 'ScalekitToolException'],
  UNAVAILABLE: [14, 503, 'ScalekitServiceUnavailableException', 'ScalekitToolException'],
  DEADLINE_EXCEEDED: [4, 504, 'ScalekitGatewayTimeoutException', 'ScalekitToolException'],
};
const codeOf = number => Object.keys(codes).find(code => codes[code][0] === number) ?? `code ${number}`;

export class Failure extends Error {
  /** `fact` is what both clients can tell; `exception` is the SDK's class, or null. */
  constructor(fact, exception = null) {
    super(`${fact.code ?? fact.http} ${fact.error_code ?? ''}: ${fact.message ?? JSON.stringify(fact.data)}`);
    this.fact = fact;
    this.exception = exception;
  }
}

function factOf(code, http, message, info) {
  const tool = info?.tool_error_info;
  return {
    code,
    http,
    message,
    error_code: info?.error_code ?? null,
    ...(tool && { tool_error_code: tool.tool_error_code, has_execution: Boolean(tool.execution_id) }),
    ...(info?.validation_error_info && {
      violations: info.validation_error_info.field_violations.map(v => `${v.field}: ${v.constraint}`) }),
    ...(info?.help_info && { links: info.help_info.links.map(link => link.description) }),
  };
}

export class SdkDriver {
  kind = 'sdk';

  constructor(url, clientId, clientSecret, options) {
    this.client = new sdk.ScalekitClient(url, clientId, clientSecret, options);
  }

  async call(name, args = {}) {
    const operation = operations[name];
    try {
      return toJson(operation.answer, await operation.sdk(this.client, args), json);
    } catch (error) {
      throw SdkDriver.failure(error);
    }
  }

  async proxy(args) {
    try {
      const { status, data } = await this.client.actions.request(args);
      return { status, data };
    } catch (error) {
      if (!(error instanceof sdk.ScalekitServerException)) throw error;
      throw new Failure({ http: codes[codeOf(error.grpcStatus)][1], data: error.errDetails }, error.name);
    }
  }

  /** As it is thrown when it is none of the SDK's own: then that is the finding. */
  static failure(error) {
    if (!(error instanceof sdk.ScalekitServerException)) return error;
    const [info] = error.unpackedDetails.map(detail => toJson(ErrorInfoSchema, detail, { useProtoFieldName: true }));
    const message = error.message.replace(/^\[[a-z_]+\] /, '');
    const failure = new Failure(factOf(codeOf(error.grpcStatus), error.httpStatus, message, info), error.name);
    failure.isTool = sdk.isToolException(error);
    failure.tool = failure.isTool ? { code: error.toolErrorCode, execution: error.executionId } : null;
    return failure;
  }
}

export class RestDriver {
  kind = 'rest';
  #token = null;

  constructor(url, clientId, clientSecret) {
    Object.assign(this, { url, clientId, clientSecret });
  }

  async call(name, args = {}) {
    const operation = operations[name];
    const [method, path, body, query] = operation.rest(args);
    const response = await this.send(method, path, { query: method === 'GET' ? body : query, body: method === 'GET' ? null : body });
    const answer = await response.json();
    if (!response.ok) {
      const [info] = answer.details ?? [];
      throw new Failure(factOf(codeOf(answer.code), response.status, answer.message, info));
    }
    // Strictly: a field the SDK does not know, or a value in another form, is an error here.
    return toJson(operation.answer, fromJson(operation.answer, answer), json);
  }

  async proxy({ connectionName, identifier, path, method = 'GET', queryParams, body, headers }) {
    const response = await this.send(method, `/proxy${path}`, {
      query: queryParams, body, headers: { ...headers, connection_name: connectionName, identifier } });
    const text = await response.text();
    const data = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
    if (!response.ok) throw new Failure({ http: response.status, data });
    return { status: response.status, data };
  }

  /** With the SDK's habit: a token is fetched once, and again after a 401. */
  async send(method, path, { query = {}, body = null, headers = {}, retry = true }) {
    this.#token ??= await this.token();
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries(query ?? {}))
      for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(name, String(one));
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
    });
    if (response.status !== 401 || !retry || path.startsWith('/proxy')) return response;
    await response.arrayBuffer();
    this.#token = null;
    return this.send(method, path, { query, body, headers, retry: false });
  }

  async token() {
    const response = await fetch(new URL('/oauth/token', this.url), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials', client_id: this.clientId, client_secret: this.clientSecret }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Failure({ http: response.status, data: answer });
    return answer.access_token;
  }
}
