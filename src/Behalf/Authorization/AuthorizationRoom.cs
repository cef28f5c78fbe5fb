using Behalf.Connections;
using Behalf.Identity;
using Behalf.People;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>The room's one entry; each noun has a file of its own.</summary>
internal sealed class AuthorizationRoom(
    AuthorizationLinks links,
    LinkWithdrawal withdrawal,
    ConnectPage page,
    AuthorizationRequest request,
    AuthorizationResponse response,
    CredentialForm form,
    Verification verification,
    TokenRefresher refresher,
    CredentialImport import,
    ReadBack readBack,
    RevocationJobs jobs,
    RevocationLedger ledger,
    BackgroundWork work,
    WorkSignal signal
) : IAuthorization
{
    public Task<Result<AuthorizationLink>> CreateLinkAsync(
        ActingSubject subject,
        LinkRequest linkRequest,
        CancellationToken cancellationToken
    ) => links.CreateAsync(subject, linkRequest, cancellationToken);

    public Task<Result<LinkPage>> ShowAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    ) => page.ShowAsync(linkToken, visitor, cancellationToken);

    public Task<Result<StartedFlow>> StartAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    ) => request.StartAsync(linkToken, visitor, cancellationToken);

    public Task<Result<CallbackResult>> SubmitAsync(
        string linkToken,
        BrowserUser? visitor,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    ) => form.SubmitAsync(linkToken, visitor, values, cancellationToken);

    public Task<Result<Done>> CancelAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    ) => request.CancelAsync(linkToken, visitor, cancellationToken);

    public Task<Result<CallbackResult>> CallbackAsync(
        ConnectionId connection,
        CallbackQuery query,
        string? browserToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    ) => response.ReceiveAsync(connection, query, browserToken, visitor, cancellationToken);

    public Task<Result<Uri>> VerifyAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => verification.VerifyAsync(principal, authRequestId, identifier, cancellationToken);

    public Task<Result<ConnectedAccount>> ImportAsync(
        ActingSubject subject,
        ImportRequest importRequest,
        CancellationToken cancellationToken
    ) => import.RunAsync(subject, importRequest, cancellationToken);

    public Task<Result<ReadBackTokens>> ReadBackAsync(
        Principal principal,
        ConnectedAccount account,
        string actingThrough,
        CancellationToken cancellationToken
    ) => readBack.RunAsync(principal, account, actingThrough, cancellationToken);

    public Task<Result<Done>> RefuseAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => verification.RefuseAsync(principal, authRequestId, identifier, cancellationToken);

    public Task<Result<Done>> WithdrawAsync(Principal principal, Uri link, CancellationToken cancellationToken) =>
        withdrawal.WithdrawAsync(principal, link, cancellationToken);

    public Task<FreshCredential> FreshenAsync(
        SealedCredential current,
        Connection connection,
        FreshenReason reason,
        CancellationToken cancellationToken
    ) => refresher.FreshenAsync(current, connection, reason, cancellationToken);

    public ValueTask<RevocationJob?> PrepareRevocationAsync(
        SealedCredential? credential,
        Connection connection,
        string? providerUserKey,
        CancellationToken cancellationToken
    ) => jobs.PrepareAsync(credential, connection, providerUserKey, cancellationToken);

    public void Wake() => signal.Wake();

    public Task<Result<IReadOnlyList<RevocationEntry>>> RevocationsAsync(
        Principal principal,
        RevocationFilter filter,
        long after,
        int limit,
        CancellationToken cancellationToken
    ) => ledger.ReadAsync(principal, filter, after, limit, cancellationToken);

    public Task<bool> WorkAsync(CancellationToken cancellationToken) => work.TurnAsync(cancellationToken);
}
