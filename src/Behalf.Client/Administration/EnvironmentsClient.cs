using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <param name="VerifyMode"><c>application</c>, <c>hosted</c> or <c>none</c>.</param>
/// <param name="AuditRetentionDays">Null: the audit trail is kept for ever.</param>
public sealed record EnvironmentDetails(
    string Id,
    string Slug,
    string Name,
    string PublicUrl,
    string VerifyMode,
    string DefaultVerifyUrl,
    bool ReadBack,
    bool DetailedErrorLogging,
    string ToolNaming,
    int? AuditRetentionDays,
    DateTimeOffset? CreatedAt
);

/// <summary>What to change about an environment; null leaves a setting as it is.</summary>
public sealed record EnvironmentChange
{
    /// <value><c>application</c>, <c>hosted</c> or <c>none</c> (development only).</value>
    public string? VerifyMode { get; init; }

    /// <value>Empty: none any more.</value>
    public string? DefaultVerifyUrl { get; init; }

    /// <value>Whether service credentials may read users' tokens; each reading is recorded.</value>
    public bool? ReadBack { get; init; }

    public bool? DetailedErrorLogging { get; init; }

    /// <value><c>behalf</c> or <c>scalekit</c>.</value>
    public string? ToolNaming { get; init; }

    /// <value>In days, 1–36,500; 0: for ever.</value>
    public int? AuditRetentionDays { get; init; }
}

public sealed record NewEnvironment
{
    /// <value>Small letters, digits and hyphens; at most 40.</value>
    public required string Slug { get; init; }

    public string? Name { get; init; }

    /// <value>An origin of its own; null: the installation's.</value>
    public string? PublicUrl { get; init; }

    /// <value><c>application</c> when null.</value>
    public string? VerifyMode { get; init; }

    public string? DefaultVerifyUrl { get; init; }
}

/// <summary>Environments; needs the operator credential.</summary>
public sealed class EnvironmentsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;

    internal EnvironmentsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
    }

    public async Task<EnvironmentDetails> AddAsync(
        NewEnvironment environment,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        var request = new AddEnvironmentRequest
        {
            Slug = environment.Slug,
            Name = environment.Name ?? "",
            PublicUrl = environment.PublicUrl ?? "",
            VerifyMode = environment.VerifyMode ?? "",
            DefaultVerifyUrl = environment.DefaultVerifyUrl ?? "",
        };
        return Read(
            await _rpc.CallAsync(options => _administration.AddEnvironmentAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<EnvironmentDetails> ChangeAsync(
        string slug,
        EnvironmentChange change,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdateEnvironmentRequest { Slug = slug };
        if (change.VerifyMode is { } mode)
        {
            request.VerifyMode = mode;
        }
        if (change.DefaultVerifyUrl is { } url)
        {
            request.DefaultVerifyUrl = url;
        }
        if (change.ReadBack is { } readBack)
        {
            request.ReadBack = readBack;
        }
        if (change.DetailedErrorLogging is { } detailed)
        {
            request.DetailedErrorLogging = detailed;
        }
        if (change.ToolNaming is { } naming)
        {
            request.ToolNaming = naming;
        }
        if (change.AuditRetentionDays is { } days)
        {
            request.AuditRetentionDays = (uint)days;
        }
        return Read(
            await _rpc.CallAsync(options => _administration.UpdateEnvironmentAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<IReadOnlyList<EnvironmentDetails>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _rpc.CallAsync(
                options => _administration.ListEnvironmentsAsync(new ListEnvironmentsRequest(), options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Environments.Select(Read)];
    }

    private static EnvironmentDetails Read(Proto.Environment environment) =>
        new(
            environment.Id,
            environment.Slug,
            environment.Name,
            environment.PublicUrl,
            environment.VerifyMode,
            environment.DefaultVerifyUrl,
            environment.ReadBack,
            environment.DetailedErrorLogging,
            environment.ToolNaming,
            environment.AuditRetentionDays == 0 ? null : (int)environment.AuditRetentionDays,
            Instant.Read(environment.CreatedAt)
        );
}
