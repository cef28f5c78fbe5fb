"""All rules of the Python client: run.py DESCRIPTOR_SET WORLD_FILE RESULT_FILE"""

import json
import sys
import time
import traceback

import grpc
import requests

from sdk import Client, EndlessLogin, ServerError, ServerRefusal
from wire import Wire

descriptor_set, world_file, result_file = sys.argv[1:]

wire = Wire(descriptor_set)
world = json.load(open(world_file))
results = []
ACCOUNTS = "scalekit.v1.connected_accounts."


def rule(body):
    began = time.monotonic()
    result = {"name": body.__name__, "passed": True}
    try:
        body()
    except Exception as error:
        result.update(passed=False, error=f"{error!r}\n{traceback.format_exc(limit=6)}")
    result["ms"] = round((time.monotonic() - began) * 1000)
    results.append(result)
    return body


def client(client_id=None, client_secret=None, url=None):
    return Client(url or world["url"], client_id or world["client_id"], client_secret or world["client_secret"], wire)


def expect_equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def refused(code, call):
    """The SDK's error, with what 2.10.0 needs of every one of them."""
    try:
        answer = call()
    except ServerError as error:
        expect_equal(error.code.name, code, f"code of {error}")
        expect_equal(error.status_code, error.code.value[0], "code in the details and in grpc-status")
        expect_equal(error.message, error.grpc_message, "message in the details and in grpc-message")
        if not error.error_code:
            raise AssertionError(f"no ErrorInfo in {error}")
        return error
    raise AssertionError(f"was not refused, though {code} was due: {answer}")


def session(identifier, ttl=None):
    response = requests.post(
        world["url"] + "/api/v1/user_sessions",
        headers={"authorization": f"Bearer {sdk.access_token}"},
        json={"identifier": identifier, **({"ttl": ttl} if ttl else {})},
        timeout=30,
    )
    response.raise_for_status()
    return response.json()


def watch(method, path, body=None):
    return requests.request(method, f"{world['watch']}/_watch/{path}", json=body, timeout=30).json()


def watched(answers, body):
    watch("DELETE", "requests")
    for answer in answers:
        watch("POST", "answers", answer)
    try:
        result = body()
    finally:
        seen = watch("GET", "requests")
        watch("DELETE", "requests")
    return result, seen


def execute(tool, params, identifier="alice", through=None, **more):
    request = wire.message("scalekit.v1.tools.ExecuteToolRequest")(tool_name=tool, identifier=identifier, **more)
    request.params.update(params)
    return (through or sdk).call("ExecuteTool", request=request)


def workspace():
    spaces = requests.get(f"{world['sandbox']}/_sandbox/world", timeout=30).json()["workspaces"]
    return next(space["gid"] for space in spaces if space["is_organization"])


def create(name, **more):
    return execute("asana_create_task", {"name": name, "workspace": workspace()}, **more)


def execute_refused(tool, params):
    try:
        execute(tool, params)
    except ServerError as error:
        return error.infos[0].tool_error_info.execution_id
    raise AssertionError(f"{tool} was not refused")


def tasks_named(name):
    data = requests.get(f"{world['sandbox']}/_sandbox/data", timeout=30).json()
    return [task for task in data["tasks"] if task["name"] == name]


def names_of(message):
    """Reads every enum of an answer by name, as the SDK's model classes do."""
    for field, value in message.ListFields():
        values = value if field.label == field.LABEL_REPEATED else [value]
        if field.enum_type is not None:
            for number in values:
                wire.enum_name(field.enum_type.full_name, number)
        elif field.message_type is not None and not field.message_type.full_name.startswith("google.protobuf"):
            for inner in values:
                names_of(inner)


sdk = client()


@rule
def Constructor_GetsItsToken_AlsoWithATrailingSlash():
    client(url=world["url"] + "/").call("ListAppConnections")


@rule
def Constructor_IsRefused_WithAWrongSecret():
    try:
        client(client_secret="sks_wrong")
    except ServerRefusal as refusal:
        expect_equal((refusal.status, json.loads(refusal.text)["error"]), (401, "invalid_client"), "refusal")
    else:
        raise AssertionError("a wrong secret got a token")


@rule
def Calls_CarryTheTokenTwice_AndAreTaken():
    fresh = client()
    page = fresh.call("ListAppConnections", {"page_size": 30})
    expect_equal(sorted(c.key_id for c in page.connections), sorted(world["connections"]), "connections")
    expect_equal((fresh.attempts, fresh.token_calls), (1, 1), "attempts and token calls")


@rule
def EndedToken_BesideAGoodOne_IsPassedOver():
    ended = session("alice", "1s")["token"]
    time.sleep(2)
    for stale in (ended, "not.a.token", ended[:-4] + "AAAA"):
        one = client()
        one.bind(stale)
        one.call("ListAppConnections")
        expect_equal((one.attempts, one.token_calls), (1, 1), "attempts and token calls with an old channel token")


@rule
def EndedCallToken_IsNotNeeded_WhileTheChannelsIsGood():
    one = client()
    one.access_token = "not.a.token"
    one.call("ListAppConnections")
    expect_equal((one.attempts, one.token_calls), (1, 1), "attempts and token calls")


@rule
def EndedTokens_AreRenewedOnce():
    one = client()
    one.bind("not.a.token")
    one.access_token = "not.a.token"
    one.call("ListAppConnections")
    expect_equal((one.attempts, one.token_calls), (2, 2), "attempts and token calls")


@rule
def TokensOfTwoPrincipals_AreNotTaken():
    pair = session("alice")
    two = client()
    two.bind(pair["token"])
    try:
        two.call("ListAppConnections")
    except EndlessLogin:
        return
    raise AssertionError("two principals at once were taken")


@rule
def GetOrCreate_GoesThroughNotFound():
    name = {"connector": "asana", "identifier": "py-1"}
    error = refused("NOT_FOUND", lambda: sdk.call("GetConnectedAccountAuth", name))
    expect_equal(error.error_code, "not_found", "error_code")
    request = wire.message(ACCOUNTS + "CreateConnectedAccountRequest")(**name)
    request.connected_account.authorization_details.oauth_token.SetInParent()
    made = sdk.call("CreateConnectedAccount", request=request).connected_account
    got = sdk.call("GetConnectedAccountAuth", name).connected_account
    expect_equal(got.id, made.id, "id")
    expect_equal(wire.enum_name(ACCOUNTS + "ConnectorStatus", got.status), "PENDING_AUTH", "status")
    got.token_expires_at.ToDatetime(), got.last_used_at.ToDatetime()  # unset: the epoch


@rule
def Enums_HaveNamesTheSdkKnows():
    page = sdk.call("ListConnectedAccounts", {"page_size": 99})
    if not page.connected_accounts:
        raise AssertionError("no accounts")
    for account in page.connected_accounts:
        names_of(account)
        if account.authorization_type > 9:
            raise AssertionError(f"authorization_type {account.authorization_type} raises in 2.10.0")
    for connection in sdk.call("ListAppConnections").connections:
        names_of(connection)


@rule
def ScopedTools_AreListed_WithoutAFilter_ToTheEnd():
    tools, token = [], ""
    while True:
        page = sdk.call("ListScopedTools", {"identifier": "alice", "page_size": 7, "page_token": token})
        tools += page.tools
        token = page.next_page_token
        if not token:
            break
    expect_equal(len(tools), page.total_size, "count and total_size")
    for scoped in tools:
        definition = scoped.tool.definition
        expect_equal(definition["input_schema"]["type"], "object", f"{definition['name']}'s input_schema.type")
        if not scoped.connected_account_id.startswith("ca_"):
            raise AssertionError(f"{definition['name']} has no account")


@rule
def Execution_ByAccountId_AsTheAdaptersDo():
    page = sdk.call("ListScopedTools", {"identifier": "alice", "page_size": 1})
    answer = execute("asana_list_my_tasks", {"limit": 2}, identifier=None, connected_account_id=page.tools[0].connected_account_id)
    if not answer.execution_id or "tasks" not in answer.data:
        raise AssertionError(f"answer {answer}")


@rule
def Integers_ReachTheProvider_AsIntegers():
    _, seen = watched([], lambda: execute("asana_list_my_tasks", {"limit": 9}))
    if not any("limit=9&" in r["query"] + "&" for r in seen):
        raise AssertionError(f"queries {[r['query'] for r in seen]}")


@rule
def EveryMethod_AnswersAnEmptyRequest_WithAnswerOrDetails():
    for path, request_class, response_class in wire.methods():
        try:
            names_of(sdk.call_path(path, request_class(), response_class, retry=0))
        except ServerError as error:
            if not error.error_code or error.code == grpc.StatusCode.INTERNAL:
                raise AssertionError(f"{path}: {error}") from error


@rule
def UnknownMethods_SayUnimplemented_WithDetails():
    empty = wire.message("scalekit.v1.tools.ListToolsRequest")
    for path in ("/scalekit.v1.users.UserService/ListUsers", "/scalekit.v1.tools.ToolService/NoSuchMethod", "/nothing/at.all"):
        refused("UNIMPLEMENTED", lambda: sdk.call_path(path, empty(), empty))


@rule
def Refusals_OfAllKinds_CarryDetails():
    refused("INVALID_ARGUMENT", lambda: sdk.call("ListAppConnections", {"page_size": 31}))
    refused("INVALID_ARGUMENT", lambda: execute("asana_create_task", {"name": 5}))
    refused("NOT_FOUND", lambda: execute("asana_no_such_tool", {}))
    refused("NOT_FOUND", lambda: sdk.call("VerifyConnectedAccountUser", {"auth_request_id": "A" * 43, "identifier": "alice"}))
    refused("FAILED_PRECONDITION", lambda: execute("asana_list_my_tasks", {}, identifier="py-1"))
    refused("ALREADY_EXISTS", lambda: sdk.call(
        "CreateConnectedAccount",
        request=wire.message(ACCOUNTS + "CreateConnectedAccountRequest")(
            connector="asana", identifier="alice", connected_account={})))
    pair = session("alice")
    agent = client(pair["client_id"], pair["client_secret"])
    refused("PERMISSION_DENIED", lambda: execute("asana_list_my_tasks", {}, identifier="py-1", through=agent))
    refused("PERMISSION_DENIED", lambda: agent.call("ListAppConnections"))


def _failing(status, code):
    """A write that fails is repeated blindly, twice: at the provider it was one request."""

    def body():
        before = sdk.attempts
        error, seen = watched(
            [{"method": "POST", "path": "/api/1.0/tasks", "times": 100, "status": status,
              "body": {"errors": [{"message": f"practised {status}"}]}}],
            lambda: refused(code, lambda: create(f"Interop, Python: {status}")))
        expect_equal(error.error_code, "TOOL_ERROR", "error_code")
        if not error.infos[0].tool_error_info.execution_id:
            raise AssertionError("no execution id")
        expect_equal(sdk.attempts - before, 3, "attempts of the client")
        expect_equal(sum(r["method"] == "POST" and r["path"] == "/api/1.0/tasks" for r in seen), 1, "writes at the provider")

    body.__name__ = f"Providers{status}_RepeatedBlindly_IsOneWrite"
    return body


for _status, _code in ((400, "INVALID_ARGUMENT"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND"),
                       (429, "RESOURCE_EXHAUSTED"), (500, "UNKNOWN")):
    rule(_failing(_status, _code))


@rule
def LostConnection_RepeatedBlindly_IsOneWrite():
    """The provider takes the request and says nothing more."""
    _, seen = watched(
        [{"method": "POST", "path": "/api/1.0/tasks", "times": 100, "drop": True}],
        lambda: refused("UNKNOWN", lambda: create("Interop, Python: dropped")))
    expect_equal(sum(r["method"] == "POST" and r["path"] == "/api/1.0/tasks" for r in seen), 1, "writes at the provider")


@rule
def CutCalls_RepeatedBlindly_AreOneTask():
    """The caller's first two attempts end at their deadline while the provider is slow; the third brings the answer."""
    name = "Interop, Python: impatient"
    request = wire.message("scalekit.v1.tools.ExecuteToolRequest")(tool_name="asana_create_task", identifier="alice")
    request.params.update({"name": name, "workspace": workspace()})
    path, _, response_class = next(m for m in wire.methods() if m[0].endswith("/ExecuteTool"))
    rpc = sdk.channel.unary_unary(
        path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=response_class.FromString)
    watch("DELETE", "requests")
    watch("POST", "answers", {"method": "POST", "path": "/api/1.0/tasks", "delay_ms": 2500})
    for _ in range(2):
        try:
            rpc(request, metadata=tuple(sdk.headers().items()), timeout=1)
            raise AssertionError("answered before its deadline")
        except grpc.RpcError as error:
            expect_equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED, "code")
    answer = rpc(request, metadata=tuple(sdk.headers().items()), timeout=30)
    seen = watch("DELETE", "requests")
    if not answer.execution_id:
        raise AssertionError("no execution id")
    expect_equal(len(tasks_named(name)), 1, "tasks")


@rule
def Providers401_IsNeverUnauthenticated():
    request = wire.message(ACCOUNTS + "CreateConnectedAccountRequest")(connector="asana-team", identifier="py-worn")
    token = request.connected_account.authorization_details.oauth_token
    token.access_token, token.scopes[:] = "worn-out", ["default"]
    # The token works when it is brought along, and no longer when it is used.
    me = {"method": "GET", "path": "/api/1.0/users/me", "times": 1, "status": 200,
          "body": {"data": {"gid": "4711", "name": "Dave"}}}
    watched([me], lambda: sdk.call("CreateConnectedAccount", request=request))
    before = sdk.token_calls
    error, seen = watched([], lambda: refused(
        "FAILED_PRECONDITION", lambda: execute("asana_team_list_my_tasks", {}, identifier="py-worn")))
    # The first call fails at the provider; this SDK repeats it, and by then the account is known to need its user.
    assert error.error_code in ("TOOL_ERROR", "account_not_active"), f"error_code: {error.error_code}"
    expect_equal(sdk.token_calls, before, "token calls")
    expect_equal(len(seen), 1, "requests at the provider")


@rule
def Proxy_GivesTheProvidersAnswer_AsTheUser():
    response = requests.get(
        world["url"] + "/proxy/api/1.0/users/me",
        headers={**sdk.headers(), "connection_name": "asana", "identifier": "alice"}, timeout=30)
    expect_equal(response.status_code, 200, response.text)
    users = requests.get(f"{world['sandbox']}/_sandbox/world", timeout=30).json()["users"]
    alice = next(user["gid"] for user in users if user["key"] == "alice")
    expect_equal(response.json()["data"]["gid"], alice, "who the provider sees")


@rule
def Proxy_CarriesFormsAndRawBodies():
    for body, kind in ((b"<xml>\xc3\xbc</xml>", "application/xml"), (b"a=1&b=%20", "application/x-www-form-urlencoded"),
                       (bytes(range(256)), "application/octet-stream")):
        _, seen = watched([{"status": 200, "body": {"ok": True}}], lambda: requests.post(
            world["url"] + "/proxy/api/1.0/tasks", data=body,
            headers={**sdk.headers(), "connection_name": "asana", "identifier": "alice", "content-type": kind}, timeout=30))
        expect_equal(
            [(r["headers"].get("content-type"), r["headers"].get("content-length")) for r in seen], [(kind, str(len(body)))],
            "what arrived")


@rule
def ToolCallLogs_TellOfEveryCall_ToTheEnd():
    failed = execute_refused("asana_get_project", {"project": "No such project", "workspace": workspace()})
    done = create("Interop, Python: logged").execution_id
    logs, token = [], ""
    while True:
        page = sdk.call("ListToolCallLogs", {"identifier": "alice", "page_size": 4, "page_token": token})
        names_of(page)
        logs += page.tool_call_logs
        token = page.next_page_token
        if not token:
            break
    expect_equal(len(logs), page.total_size, "count and total_size")
    expect_equal(len({log.execution_id for log in logs}), len(logs), "distinct executions")
    by_execution = {log.execution_id: log for log in logs}
    log = by_execution[done]
    expect_equal(
        (log.tool_name, log.connection_name, log.identifier, bool(log.error_code)),
        ("asana_create_task", "asana", "alice", False), "the call that went well")
    if not by_execution[failed].error_code:
        raise AssertionError(f"the failed call has no error_code: {by_execution[failed]}")
    expect_equal(sdk.call("GetToolCallLog", {"execution_id": done}), log, "the log by its execution")
    refused("NOT_FOUND", lambda: sdk.call("GetToolCallLog", {"execution_id": "exe_" + "0" * 26}))


@rule
def OverviewStats_AddUp():
    stats = sdk.call("GetOverviewStats")
    expect_equal(stats.total, stats.success + stats.errors, "total")
    expect_equal(stats.errors, stats.provider_errors + stats.platform_errors, "errors")
    expect_equal(sum(bucket.total for bucket in stats.time_series), stats.total, "total of the buckets")
    expect_equal(sum(connector.total for connector in stats.connector_breakdown), stats.total, "total of the connectors")
    if stats.success == 0 or stats.errors == 0:
        raise AssertionError(f"nothing happened: {stats}")


@rule
def Providers_AreListed_AndCustomOnesMadeAndRemoved():
    listed = sdk.call("ListProviders", {"page_size": 50})
    if not any(provider.identifier.lower() == "asana" for provider in listed.providers):
        raise AssertionError(f"no asana among {[provider.identifier for provider in listed.providers]}")
    request = wire.message("scalekit.v1.providers.CreateCustomProviderRequest")()
    request.provider.display_name = "Interop Tracker"
    request.provider.description = "A tracker of one's own"
    request.provider.proxy_url = "https://tracker.example/api"
    request.provider.proxy_enabled = True
    request.provider.auth_patterns.extend([{
        "type": "BEARER", "display_name": "Token", "description": "A token", "fields": [], "account_fields": []}])
    made = sdk.call("CreateCustomProvider", request=request).provider
    if not (made.identifier and made.is_custom):
        raise AssertionError(f"made {made}")
    refused("INVALID_ARGUMENT", lambda: sdk.call(
        "CreateCustomProvider", request=wire.message("scalekit.v1.providers.CreateCustomProviderRequest")(
            provider={"display_name": "no/slash", "proxy_url": "http://plain.example"})))
    sdk.call("DeleteCustomProvider", {"identifier": made.identifier})
    refused("NOT_FOUND", lambda: sdk.call("DeleteCustomProvider", {"identifier": made.identifier}))


@rule
def McpConfigs_AreMadeListedChangedAndRemoved():
    config = wire.message("scalekit.v1.mcp.McpConfig")(name="interop-config", description="Tasks")
    mapping = config.connection_tool_mappings.add(connection_name="asana")
    mapping.tools.append("asana_list_my_tasks")
    made = sdk.call("CreateMcpConfig", {"config": config}).config
    expect_equal((made.name, made.connection_tool_mappings[0].connection_name), ("interop-config", "asana"), "made")
    refused("ALREADY_EXISTS", lambda: sdk.call("CreateMcpConfig", {"config": config}))
    listed = sdk.call("ListMcpConfigs", {"page_size": 30, "search": "interop"})
    expect_equal([one.id for one in listed.configs], [made.id], "listed")
    changed = sdk.call("UpdateMcpConfig", {"config_id": made.id, "description": "All tools"}).config
    expect_equal(changed.description, "All tools", "description")
    sdk.call("DeleteMcpConfig", {"config_id": made.id})
    refused("NOT_FOUND", lambda: sdk.call("GetMcpConfig", {"config_id": made.id}))


json.dump(results, open(result_file, "w"))
