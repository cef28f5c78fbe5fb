using Behalf.Connections;
using Behalf.Identity;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>What a request names an account by: its id, or connection and user.</summary>
internal sealed record AccountName(string Id, string Connector, string Identifier, string OrganizationId, string UserId)
{
    public static AccountName Of(string id) => new(id, string.Empty, string.Empty, string.Empty, string.Empty);

    public static AccountName Labelled(string organizationId, string userId) =>
        new(string.Empty, string.Empty, string.Empty, organizationId, userId);
}

/// <summary>
/// Finds the account a request means, within the caller's reach. Another user's or environment's account answers like an
/// unknown one; labels narrow and never select.
/// </summary>
internal sealed class AccountLookup(IConnections connections, RequestSubjects subjects)
{
    public static readonly Problem Unknown = Problem.NotFound("connected account");

    public async Task<ConnectedAccount> FindAsync(ServerCallContext context, AccountName name)
    {
        await subjects.CheckAsync(context, name.Identifier, name.UserId);
        if (name.Id.Length > 0)
        {
            return await FindByIdAsync(context, name);
        }

        ConnectionName connection =
            context.ReadConnection("connector", name.Connector)
            ?? throw context.Refuse(
                Problem.Invalid("connector", "required", "is required when the account is not named by id")
            );
        ActingSubject subject = await subjects.ResolveAsync(context, name.Identifier);
        AccountLabels labels = LabelsOf(context, name);
        return (await connections.FindAccountAsync(subject, connection, labels, context.CancellationToken)).OrThrow(
            context
        );
    }

    /// <summary>Labels count for service credentials only: a user session's <c>user_id</c> names the acting user.</summary>
    public static AccountLabels LabelsOf(ServerCallContext context, AccountName name) =>
        context.Principal().Kind == PrincipalKind.ServiceClient
            ? new AccountLabels(NullIfEmpty(name.OrganizationId), NullIfEmpty(name.UserId))
            : AccountLabels.None;

    public static bool Carries(ConnectedAccount account, AccountLabels labels) =>
        (labels.OrganizationId is null || labels.OrganizationId == account.OrganizationId)
        && (labels.UserId is null || labels.UserId == account.UserId);

    private async Task<ConnectedAccount> FindByIdAsync(ServerCallContext context, AccountName name)
    {
        if (!EntityId.TryParse(name.Id, out AccountId id))
        {
            throw context.Refuse(Unknown);
        }

        ConnectedAccount account = (
            await connections.FindAccountAsync(context.Principal(), id, context.CancellationToken)
        ).OrThrow(context);
        bool agrees =
            (name.Identifier.Length == 0 || name.Identifier == account.Identifier.Value)
            && (name.Connector.Length == 0 || name.Connector == account.ConnectionName.Value)
            && Carries(account, LabelsOf(context, name));
        return agrees ? account : throw context.Refuse(Unknown);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
