using System.Text.Json;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Identity;
using Behalf.Server.Api.Json;
using Behalf.Server.Doors;
using Behalf.Tools;
using Behalf.Wire.Tools;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Filter = Behalf.Wire.Tools.Filter;
using ScopedToolFilter = Behalf.Tools.ScopedToolFilter;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.tools.ToolService</c>.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class ToolService(
    ITools tools,
    IConnections connections,
    RequestSubjects subjects,
    AccountLookup accounts,
    PageTokens pages
) : Wire.Tools.ToolService.ToolServiceBase
{
    private const int MaxPageSize = 100;
    private const string AgentRunHeader = "behalf-agent-run-id";
    private const int MaxAgentRunLength = 255;

    public override async Task<ListToolsResponse> ListTools(ListToolsRequest request, ServerCallContext context)
    {
        Filter filter = request.Filter ?? new Filter();
        await subjects.CheckAsync(context, filter.Identifier, filter.UserId);
        IReadOnlySet<string>? within = await ConnectionsAsync(filter, context);
        bool defines = context.Principal().Kind == PrincipalKind.ServiceClient;
        int offset = pages.ReadOffset(context, request, request.PageToken);
        int size = SizeOf(request.PageSize);
        ToolPage page = await tools.ListAsync(
            context.Principal(),
            new ToolFilter
            {
                Connector = filter.Provider.Length == 0 ? null : filter.Provider.ToLowerInvariant(),
                ConnectionName = context.ReadConnection("filter.connector", filter.Connector)?.Value,
                WithinConnections = within,
                ToolNames = [.. filter.ToolName],
                AllVersions = defines,
                Query = filter.Query.Length == 0 ? null : filter.Query,
            },
            new ToolPageRequest(size, offset),
            context.CancellationToken
        );
        ListToolsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.Offset(context, request, Next(offset, page.Tools.Count, page.TotalSize)),
            PrevPageToken = pages.Offset(context, request, Previous(offset, size)),
        };
        if (filter.Summary == true)
        {
            response.ToolNames.AddRange(page.Tools.Select(tool => tool.ShownName).Distinct(StringComparer.Ordinal));
        }
        else
        {
            response.Tools.AddRange(
                page.Tools.Select(tool => defines ? ToolWire.ToFullWire(tool) : ToolWire.ToWire(tool))
            );
        }

        return response;
    }

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<CreateToolResponse> CreateTool(CreateToolRequest request, ServerCallContext context)
    {
        NewTool wanted = ToolWire.Read(request.Tool).OrThrow(context);
        if (wanted.Connector.Length == 0)
        {
            throw context.Refuse(Problem.Invalid("tool.provider", "required", "is required"));
        }

        ToolDefinition created = (
            await tools.CreateAsync(context.Principal(), wanted, context.CancellationToken)
        ).OrThrow(context);
        return new CreateToolResponse { Tool = ToolWire.ToFullWire(created) };
    }

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<UpdateToolResponse> UpdateTool(UpdateToolRequest request, ServerCallContext context)
    {
        ToolDefinition updated = (
            await tools.UpdateAsync(
                context.Principal(),
                ReadId(context, request.Tool.Id),
                ToolWire.Read(request.Tool).OrThrow(context),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new UpdateToolResponse { Tool = ToolWire.ToFullWire(updated) };
    }

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<SetToolDefaultResponse> SetToolDefault(
        SetToolDefaultRequest request,
        ServerCallContext context
    )
    {
        ToolVersion version =
            ToolWire.ReadVersion(request.SchemaVersion, request.ToolVersion)
            ?? throw context.Refuse(Problem.NotFound("tool version"));
        ToolDefinition chosen = (
            await tools.SetDefaultAsync(context.Principal(), request.Name, version, context.CancellationToken)
        ).OrThrow(context);
        return new SetToolDefaultResponse { Tool = ToolWire.ToFullWire(chosen) };
    }

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<Empty> DeleteTool(DeleteToolRequest request, ServerCallContext context)
    {
        (await tools.DeleteAsync(context.Principal(), ReadId(context, request.Id), context.CancellationToken)).OrThrow(
            context
        );
        return new Empty();
    }

    public override async Task<ListScopedToolsResponse> ListScopedTools(
        ListScopedToolsRequest request,
        ServerCallContext context
    )
    {
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier);
        int offset = pages.ReadOffset(context, request, request.PageToken);
        int size = SizeOf(request.PageSize);
        ScopedToolPage page = await tools.ListScopedAsync(
            subject,
            new ScopedToolFilter
            {
                Connectors = [.. (request.Filter?.Providers ?? []).Select(provider => provider.ToLowerInvariant())],
                ToolNames = [.. request.Filter?.ToolNames ?? []],
                ConnectionNames = [.. request.Filter?.ConnectionNames ?? []],
            },
            new ToolPageRequest(size, offset),
            context.CancellationToken
        );
        ListScopedToolsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.Offset(context, request, Next(offset, page.Tools.Count, page.TotalSize)),
            PrevPageToken = pages.Offset(context, request, Previous(offset, size)),
        };
        SharedMessages? shared = context.GetHttpContext().Features.Get<SharedMessages>();
        response.Tools.AddRange(
            page.Tools.Select(scoped => new Wire.Tools.ScopedTool
            {
                Tool = Shared(ToolWire.ToWire(scoped.Tool), shared),
                Identifier = subject.Identifier.Value,
                ConnectedAccountId = scoped.Account.Id.ToString(),
            })
        );
        return response;
    }

    /// <summary>Tools of the environment that the user's accounts do not give yet.</summary>
    public override async Task<ListAvailableToolsResponse> ListAvailableTools(
        ListAvailableToolsRequest request,
        ServerCallContext context
    )
    {
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier);
        int offset = pages.ReadOffset(context, request, request.PageToken);
        int size = SizeOf(request.PageSize);
        HashSet<string> bound = await ScopedNamesAsync(subject, context.CancellationToken);
        List<OfferedTool> candidates = [];
        await foreach (OfferedTool tool in AllAsync(context))
        {
            if (!bound.Contains(tool.Name))
            {
                candidates.Add(tool);
            }
        }

        ListAvailableToolsResponse response = new() { TotalSize = (uint)candidates.Count };
        response.Tools.AddRange(candidates.Skip(offset).Take(size).Select(ToolWire.ToWire));
        response.NextPageToken = pages.Offset(context, request, Next(offset, response.Tools.Count, candidates.Count));
        response.PrevPageToken = pages.Offset(context, request, Previous(offset, size));
        return response;
    }

    public override async Task<ExecuteToolResponse> ExecuteTool(ExecuteToolRequest request, ServerCallContext context)
    {
        JsonElement arguments = StructJson.ToElement(request.Params, "params").OrThrow(context);
        (ActingSubject subject, AccountId? account) = await TargetAsync(request, context);
        ToolAnswer answer = (
            await tools.ExecuteAsync(
                subject,
                new ToolCall
                {
                    ToolName = request.ToolName,
                    Arguments = arguments,
                    Connection = context.ReadConnection("connector", request.Connector),
                    Account = account,
                    AgentRun = AgentRunOf(request, context),
                    ActingThrough = context.ActingThrough(),
                    IdempotencyKey = context.IdempotencyKey(),
                    Delivery = context.TrackDelivery(),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new ExecuteToolResponse
        {
            Data = StructJson.ToStruct(answer.Data),
            ExecutionId = answer.Execution.ToString(),
        };
    }

    /// <summary>An id of a connector's own tool is no custom tool's either.</summary>
    private static ToolId ReadId(ServerCallContext context, string id) =>
        EntityId.TryParse(id, out ToolId read) ? read : throw context.Refuse(Problem.NotFound("tool"));

    /// <summary>The connections of the accounts a filter means: of one id, or of a user narrowed by labels; null: all.</summary>
    private async Task<IReadOnlySet<string>?> ConnectionsAsync(Filter filter, ServerCallContext context)
    {
        AccountName name = new(
            filter.ConnectedAccountId,
            filter.Connector,
            filter.Identifier,
            filter.OrganizationId,
            filter.UserId
        );
        if (name.Id.Length > 0)
        {
            return new HashSet<string> { (await accounts.FindAsync(context, name)).ConnectionName.Value };
        }

        AccountLabels labels = AccountLookup.LabelsOf(context, name);
        if (name.Identifier.Length == 0)
        {
            return labels == AccountLabels.None
                ? null
                : throw context.Refuse(
                    Problem.Invalid(
                        "filter.identifier",
                        "required",
                        "is required beside labels: they narrow a user's accounts and select none by themselves"
                    )
                );
        }

        ActingSubject subject = await subjects.ResolveAsync(context, name.Identifier);
        return (await connections.AccountsOfAsync(subject, context.CancellationToken))
            .Where(account => AccountLookup.Carries(account, labels))
            .Select(account => account.ConnectionName.Value)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <param name="shared">Null: the caller reads messages, not JSON.</param>
    private static Tool Shared(Tool tool, SharedMessages? shared) => shared is null ? tool : shared.Send(tool);

    private static int SizeOf(uint asked) => asked is 0 or > MaxPageSize ? MaxPageSize : (int)asked;

    private static int? Next(int offset, int count, int total) =>
        count > 0 && offset + count < total ? offset + count : null;

    private static int? Previous(int offset, int size) => offset > 0 ? Math.Max(0, offset - size) : null;

    private static string? AgentRunOf(ExecuteToolRequest request, ServerCallContext context)
    {
        string run =
            request.AgentRunId.Length > 0
                ? request.AgentRunId
                : context.GetHttpContext().Request.Headers[AgentRunHeader].ToString();
        return run.Length > MaxAgentRunLength
                ? throw context.Refuse(
                    Problem.Invalid(AgentRunHeader, "max_len", $"is longer than {MaxAgentRunLength}")
                )
            : run.Length == 0 ? null
            : run;
    }

    /// <summary>Whose account: the user named or bound, narrowed by account id or labels.</summary>
    private async Task<(ActingSubject Subject, AccountId? Account)> TargetAsync(
        ExecuteToolRequest request,
        ServerCallContext context
    )
    {
        AccountName name = new(
            request.ConnectedAccountId,
            request.Connector,
            request.Identifier,
            request.OrganizationId,
            request.UserId
        );
        if (name.Id.Length > 0)
        {
            ConnectedAccount found = await accounts.FindAsync(context, name);
            return (await subjects.ResolveAsync(context, found.Identifier.Value), found.Id);
        }

        ActingSubject subject = await subjects.ResolveAsync(context, name.Identifier, name.UserId);
        AccountLabels labels = AccountLookup.LabelsOf(context, name);
        if (labels == AccountLabels.None)
        {
            return (subject, null);
        }

        List<ConnectedAccount> labelled =
        [
            .. (await connections.AccountsOfAsync(subject, context.CancellationToken)).Where(account =>
                AccountLookup.Carries(account, labels)
                && (name.Connector.Length == 0 || name.Connector == account.ConnectionName.Value)
            ),
        ];
        return labelled switch
        {
            [] => throw context.Refuse(AccountLookup.Unknown),
            [var only] => (subject, only.Id),
            _ => throw context.Refuse(
                new Problem(
                    ProblemKind.FailedPrecondition,
                    "ambiguous_account",
                    $"Several accounts carry these labels. Name the connection: {string.Join(", ", labelled.Select(a => a.ConnectionName.Value))}."
                )
            ),
        };
    }

    private async Task<HashSet<string>> ScopedNamesAsync(ActingSubject subject, CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int offset = 0; ; offset += MaxPageSize)
        {
            ScopedToolPage page = await tools.ListScopedAsync(
                subject,
                new ScopedToolFilter(),
                new ToolPageRequest(MaxPageSize, offset),
                cancellationToken
            );
            names.UnionWith(page.Tools.Select(scoped => scoped.Tool.Name));
            if (offset + page.Tools.Count >= page.TotalSize || page.Tools.Count == 0)
            {
                return names;
            }
        }
    }

    private async IAsyncEnumerable<OfferedTool> AllAsync(ServerCallContext context)
    {
        for (int offset = 0; ; offset += MaxPageSize)
        {
            ToolPage page = await tools.ListAsync(
                context.Principal(),
                new ToolFilter(),
                new ToolPageRequest(MaxPageSize, offset),
                context.CancellationToken
            );
            foreach (OfferedTool tool in page.Tools)
            {
                yield return tool;
            }

            if (offset + page.Tools.Count >= page.TotalSize || page.Tools.Count == 0)
            {
                yield break;
            }
        }
    }
}
