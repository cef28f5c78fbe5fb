using System.Buffers.Binary;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Wire.Administration;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>Stopping accounts of a user, a connection or an environment, and the ledger of what became of them.</summary>
internal sealed class AdministeredRevocations(
    IConnections connections,
    IAuthorization authorization,
    AdministeredEnvironment environments,
    PageTokens pages
)
{
    private const int DefaultPageSize = 100;

    public async Task<RevokeUserResponse> RevokeUserAsync(RevokeUserRequest request, ServerCallContext context)
    {
        RevokeUserResponse response = new();
        response.Accounts.AddRange(
            await EndAsync(connections.RevokeUserAsync, request.Environment, request.Identifier, context)
        );
        return response;
    }

    public async Task<RemoveUserResponse> RemoveUserAsync(RemoveUserRequest request, ServerCallContext context)
    {
        RemoveUserResponse response = new();
        response.Accounts.AddRange(
            await EndAsync(connections.RemoveUserAsync, request.Environment, request.Identifier, context)
        );
        return response;
    }

    public async Task<RevokeAccountsResponse> RevokeAccountsAsync(
        RevokeAccountsRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        RevokedAccounts stopped = (
            await connections.RevokeAllAsync(
                context.Principal(),
                environment.Id,
                request.Connection.Length == 0 ? null : context.RequireConnection("connection", request.Connection),
                context.CancellationToken
            )
        ).OrThrow(context);
        RevokeAccountsResponse response = new() { More = stopped.More };
        response.Accounts.AddRange(stopped.Accounts.Select(ToWire));
        return response;
    }

    public async Task<ListRevocationsResponse> ListAsync(ListRevocationsRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        PageRequest page = pages.Read(
            context,
            request,
            request.PageToken,
            request.PageSize == 0 ? DefaultPageSize : (int)request.PageSize
        );
        IReadOnlyList<RevocationEntry> entries = (
            await authorization.RevocationsAsync(
                context.Principal(),
                new RevocationFilter(environment.Id)
                {
                    Identifier = request.Identifier.Length == 0 ? null : request.Identifier,
                    Connections = request.Connection.Length == 0 ? null : [request.Connection],
                    IsPending = request.Pending,
                },
                page.After is { } key ? NumberOf(key) : 0,
                page.Size,
                context.CancellationToken
            )
        ).OrThrow(context);
        ListRevocationsResponse response = new()
        {
            NextPageToken =
                entries.Count == page.Size ? pages.After(context, request, KeyOf(entries[^1].Number)) : string.Empty,
        };
        response.Revocations.AddRange(entries.Select(ToWire));
        return response;
    }

    /// <summary>Ends the use of a whole user's accounts, in one way or the other.</summary>
    /// <returns>Those that were connected.</returns>
    private async Task<IEnumerable<RevokedAccount>> EndAsync(
        Func<
            Principal,
            EnvironmentId,
            Identifier,
            CancellationToken,
            Task<Result<IReadOnlyList<ConnectedAccount>>>
        > end,
        string environment,
        string identifier,
        ServerCallContext context
    )
    {
        DeploymentEnvironment of = await environments.ResolveAsync(context, environment);
        return (await end(context.Principal(), of.Id, Identifier.Parse(identifier), context.CancellationToken))
            .OrThrow(context)
            .Select(ToWire);
    }

    private static Guid KeyOf(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return new Guid(bytes, bigEndian: true);
    }

    private static long NumberOf(Guid key)
    {
        Span<byte> bytes = stackalloc byte[16];
        key.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    private static RevokedAccount ToWire(ConnectedAccount account) =>
        new()
        {
            Id = account.Id.ToString(),
            Connection = account.ConnectionName.Value,
            Identifier = account.Identifier.Value,
        };

    private static Revocation ToWire(RevocationEntry entry) =>
        new()
        {
            Number = (ulong)entry.Number,
            EnvironmentId = entry.Environment.ToString(),
            AccountId = entry.Account.ToString(),
            Identifier = entry.Identifier ?? string.Empty,
            Connection = entry.Connection ?? string.Empty,
            Generation = (ulong)(entry.Generation ?? 0),
            StoppedAt = entry.StoppedAt.ToTimestamp(),
            FinishedAt = entry.FinishedAt?.ToTimestamp(),
            Proof = entry.Proof ?? string.Empty,
            Attempts = (uint)entry.Attempts,
            NextAttemptAt = entry.NextAttemptAt?.ToTimestamp(),
        };
}
