using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.Explanations;
using Behalf.Wire.Tools;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>Tools: what there is, what a user may call now, and running one as a user.</summary>
public sealed class ToolsClient
{
    private const uint PageSize = 100;

    private readonly Rpc<AccessToken> _rpc;
    private readonly ToolService.ToolServiceClient _tools;
    private readonly Explanations.ExplanationsClient _explanations;

    internal ToolsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _tools = new ToolService.ToolServiceClient(invoker);
        _explanations = new Explanations.ExplanationsClient(invoker);
    }

    /// <summary>Every tool of the environment's connections, whoever may call it.</summary>
    public IAsyncEnumerable<ToolDescription> ListAsync(
        ToolQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var filter = new Filter { Provider = query?.Connector ?? "" };
                filter.ToolName.Add(query?.ToolNames ?? []);
                if (query?.ConnectionName is { } connection)
                {
                    filter.Connector = connection;
                }
                if (query?.Text is { } text)
                {
                    filter.Query = text;
                }
                var request = new ListToolsRequest
                {
                    Filter = filter,
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(options => _tools.ListToolsAsync(request, options), token)
                    .ConfigureAwait(false);
                return (response.Tools.Select(ToolReading.Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>What this user's accounts may call now, in the server's stable order.</summary>
    public IAsyncEnumerable<ScopedTool> ListScopedAsync(
        string identifier,
        ScopedToolQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var filter = new ScopedToolFilter();
                filter.Providers.Add(query?.Connectors ?? []);
                filter.ToolNames.Add(query?.ToolNames ?? []);
                filter.ConnectionNames.Add(query?.ConnectionNames ?? []);
                var request = new ListScopedToolsRequest
                {
                    Identifier = identifier,
                    Filter = filter,
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(options => _tools.ListScopedToolsAsync(request, options), token)
                    .ConfigureAwait(false);
                return (
                    response.Tools.Select(tool => new ScopedTool(
                        ToolReading.Read(tool.Tool),
                        tool.Identifier,
                        tool.ConnectedAccountId
                    )),
                    response.NextPageToken
                );
            },
            cancellationToken
        );

    /// <summary>Tools of the environment that this user's accounts do not give yet.</summary>
    public IAsyncEnumerable<ToolDescription> ListAvailableAsync(
        string identifier,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListAvailableToolsRequest
                {
                    Identifier = identifier,
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(options => _tools.ListAvailableToolsAsync(request, options), token)
                    .ConfigureAwait(false);
                return (response.Tools.Select(ToolReading.Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>Whether this user may call the tool now, and why. Nothing is called.</summary>
    /// <exception cref="ArgumentException">The arguments hold a number that cannot be sent exactly.</exception>
    public async Task<ToolExplanation> ExplainAsync(
        string identifier,
        string toolName,
        JsonObject arguments,
        string? connectionName = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var (parameters, problem) = StructJson.ToStruct(arguments);
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(arguments));
        }
        var request = new ExplainRequest
        {
            Identifier = identifier,
            ToolName = toolName,
            Connector = connectionName ?? "",
            Params = parameters,
        };
        var answer = await _rpc.CallAsync(options => _explanations.ExplainAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return ExplanationReading.Read(answer);
    }

    /// <summary>Runs one tool with this user's account. A failure of the tool is an outcome.</summary>
    public Task<ToolOutcome> ExecuteAsync(
        string identifier,
        string toolName,
        JsonObject arguments,
        ExecuteOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var request = new ExecuteToolRequest { ToolName = toolName, Identifier = identifier };
        if (options?.ConnectionName is { } connection)
        {
            request.Connector = connection;
        }
        if (options?.AccountId is { } account)
        {
            request.ConnectedAccountId = account;
        }
        if (options?.AgentRunId is { } run)
        {
            request.AgentRunId = run;
        }
        return ToolExecution.RunAsync(_rpc, _tools, request, arguments, options?.IdempotencyKey, cancellationToken);
    }
}
