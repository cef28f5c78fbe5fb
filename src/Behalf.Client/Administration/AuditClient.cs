using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <summary>One record of the trail.</summary>
/// <param name="Sequence">Its place in the lane.</param>
/// <param name="Kind"><c>intent</c>, <c>request</c>, <c>completion</c>, <c>denial</c> or <c>admin</c>.</param>
/// <param name="ActingThrough">The credential's kind and the door.</param>
/// <param name="ArgumentDigest">Keyed: arguments can be compared by the server only.</param>
/// <param name="ProviderStatus">Null when the provider was not asked.</param>
public sealed record AuditRecord(
    string Lane,
    ulong Sequence,
    DateTimeOffset? At,
    string Kind,
    string Action,
    string ExecutionId,
    string Identifier,
    string Principal,
    string ActingThrough,
    string AgentRunId,
    string Connection,
    string AccountId,
    string Tool,
    string ArgumentDigest,
    string Decision,
    string Outcome,
    int? ProviderStatus,
    string Detail,
    string Hash,
    bool IsRedacted
);

/// <summary>Each given condition narrows.</summary>
public sealed record AuditQuery
{
    public string? Identifier { get; init; }

    public string? ExecutionId { get; init; }

    public string? Kind { get; init; }

    public string? AgentRunId { get; init; }
}

/// <param name="IsWhole">True: nothing was edited, removed, reordered or cut off.</param>
public sealed record AuditVerification(
    bool IsWhole,
    ulong Records,
    uint Lanes,
    uint Checkpoints,
    IReadOnlyList<AuditFault> Faults
);

public sealed record AuditFault(string Lane, ulong Sequence, string Description);

/// <summary>The audit trail of an environment. Reading it is itself recorded.</summary>
public sealed class AuditClient
{
    private const uint PageSize = 500;

    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;
    private readonly string _environment;

    internal AuditClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
        _environment = environment;
    }

    /// <summary>Every record that fits, oldest first.</summary>
    public IAsyncEnumerable<AuditRecord> ListAsync(
        AuditQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var response = await PageAsync(query, PageSize, page, newest: false, token).ConfigureAwait(false);
                return (response.Records.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>The newest records that fit, oldest of them first; reads no more pages than they fill.</summary>
    /// <param name="count">At least 1.</param>
    public async Task<IReadOnlyList<AuditRecord>> NewestAsync(
        int count,
        AuditQuery? query = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var size = (uint)Math.Min(count, PageSize);
        var pages = new Stack<IReadOnlyList<AuditRecord>>();
        var found = 0;
        var page = "";
        do
        {
            var response = await PageAsync(query, size, page, newest: true, cancellationToken).ConfigureAwait(false);
            pages.Push([.. response.Records.Select(Read)]);
            found += response.Records.Count;
            page = response.PrevPageToken;
        } while (found < count && page.Length > 0);
        return [.. pages.SelectMany(records => records).Skip(Math.Max(0, found - count))];
    }

    /// <summary>Walks every chain of the environment and its checkpoints.</summary>
    public async Task<AuditVerification> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var request = new VerifyAuditRequest { Environment = _environment };
        var response = await _rpc.ExecuteAsync(
                options => _administration.VerifyAuditAsync(request, options),
                [],
                cancellationToken
            )
            .ConfigureAwait(false);
        return new AuditVerification(
            response.Whole,
            response.Records,
            response.Lanes,
            response.Checkpoints,
            [.. response.Faults.Select(fault => new AuditFault(fault.Lane, fault.Sequence, fault.Description))]
        );
    }

    /// <summary>
    /// Deletes what the trail and the logs say of a person; the records stay and still verify. Needs the operator
    /// credential.
    /// </summary>
    /// <returns>How many records were redacted by this.</returns>
    public async Task<ulong> RedactAsync(string identifier, CancellationToken cancellationToken = default)
    {
        var request = new RedactAuditRequest { Environment = _environment, Identifier = identifier };
        var response = await _rpc.ExecuteAsync(
                options => _administration.RedactAuditAsync(request, options),
                [],
                cancellationToken
            )
            .ConfigureAwait(false);
        return response.Records;
    }

    private Task<ListAuditResponse> PageAsync(
        AuditQuery? query,
        uint size,
        string page,
        bool newest,
        CancellationToken cancellationToken
    )
    {
        var request = new ListAuditRequest
        {
            Environment = _environment,
            Identifier = query?.Identifier ?? "",
            ExecutionId = query?.ExecutionId ?? "",
            Kind = query?.Kind ?? "",
            AgentRunId = query?.AgentRunId ?? "",
            PageSize = size,
            PageToken = page,
            Newest = newest,
        };
        return _rpc.CallAsync(options => _administration.ListAuditAsync(request, options), cancellationToken);
    }

    private static AuditRecord Read(Proto.AuditRecord record) =>
        new(
            record.Lane,
            record.Sequence,
            Instant.Read(record.At),
            record.Kind,
            record.Action,
            record.ExecutionId,
            record.Identifier,
            record.Principal,
            record.ActingThrough,
            record.AgentRunId,
            record.Connection,
            record.AccountId,
            record.Tool,
            record.ArgumentDigest,
            record.Decision,
            record.Outcome,
            record.ProviderStatus == 0 ? null : record.ProviderStatus,
            record.Detail,
            record.Hash,
            record.Redacted
        );
}
