using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Verifications;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>Connected accounts: one per (connection, identifier).</summary>
public sealed class AccountsClient
{
    private const uint PageSize = 99; // the wire's bound is "less than 100"
    private const uint SearchPageSize = 30;

    private readonly Rpc<AccessToken> _rpc;
    private readonly ConnectedAccountService.ConnectedAccountServiceClient _accounts;
    private readonly Verifications.VerificationsClient _verifications;

    internal AccountsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _accounts = new ConnectedAccountService.ConnectedAccountServiceClient(invoker);
        _verifications = new Verifications.VerificationsClient(invoker);
    }

    /// <summary>The account, made when there is none; a new one is <c>PENDING_AUTH</c>.</summary>
    public async Task<ConnectedAccount> GetOrCreateAsync(
        string connectionName,
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        if (await FindAsync(connectionName, identifier, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }
        try
        {
            return await CreateAsync(connectionName, identifier, cancellationToken).ConfigureAwait(false);
        }
        catch (BehalfException exception) when (exception.Kind == BehalfErrorKind.AlreadyExists)
        {
            // Another caller made it between the two calls.
            return await GetAsync(connectionName, identifier, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A new account, <c>PENDING_AUTH</c> until its user connects.</summary>
    /// <exception cref="BehalfException">Among others: there is one already.</exception>
    public Task<ConnectedAccount> CreateAsync(
        string connectionName,
        string identifier,
        CancellationToken cancellationToken = default
    ) => CreateAsync(connectionName, identifier, new AccountSettings(), cancellationToken);

    /// <summary>A new account; with a credential it is <c>ACTIVE</c> at once.</summary>
    /// <exception cref="BehalfException">Among others: there is one already.</exception>
    public async Task<ConnectedAccount> CreateAsync(
        string connectionName,
        string identifier,
        AccountSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        var request = new CreateConnectedAccountRequest
        {
            Connector = connectionName,
            Identifier = identifier,
            OrganizationId = settings.OrganizationId ?? "",
            UserId = settings.UserId ?? "",
            ConnectedAccount = new CreateConnectedAccount
            {
                AuthorizationDetails = AccountWriting.Details(settings.Credential),
                ApiConfig = AccountWriting.Config(settings.ApiConfig),
            },
        };
        var created = await _rpc.CallAsync(
                options => _accounts.CreateConnectedAccountAsync(request, options),
                AccountWriting.Headers(settings),
                cancellationToken
            )
            .ConfigureAwait(false);
        return AccountReading.Read(created.ConnectedAccount);
    }

    /// <summary>
    /// Changes what is given. A credential makes the account <c>ACTIVE</c>, whatever became of the one before; labels are
    /// not changed.
    /// </summary>
    public async Task<ConnectedAccount> ChangeAsync(
        string accountId,
        AccountSettings change,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdateConnectedAccountRequest
        {
            Id = accountId,
            ConnectedAccount = new UpdateConnectedAccount
            {
                AuthorizationDetails = AccountWriting.Details(change.Credential),
                ApiConfig = AccountWriting.Config(change.ApiConfig),
            },
        };
        var changed = await _rpc.CallAsync(
                options => _accounts.UpdateConnectedAccountAsync(request, options),
                AccountWriting.Headers(change),
                cancellationToken
            )
            .ConfigureAwait(false);
        return AccountReading.Read(changed.ConnectedAccount);
    }

    public async Task<ConnectedAccount> GetAsync(
        string connectionName,
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetConnectedAccountByIdentifierRequest
        {
            Connector = connectionName,
            Identifier = identifier,
        };
        var (response, headers) = await _rpc.CallForHeadersAsync(
                options => _accounts.GetConnectedAccountDetailsAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return AccountReading.Read(response.ConnectedAccount, headers);
    }

    /// <summary>Null when there is none.</summary>
    public async Task<ConnectedAccount?> FindAsync(
        string connectionName,
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            return await GetAsync(connectionName, identifier, cancellationToken).ConfigureAwait(false);
        }
        catch (BehalfException exception) when (exception.Kind == BehalfErrorKind.NotFound)
        {
            return null;
        }
    }

    public async Task<ConnectedAccount> GetAsync(string accountId, CancellationToken cancellationToken = default)
    {
        var request = new GetConnectedAccountRequest { Id = accountId };
        var (response, headers) = await _rpc.CallForHeadersAsync(
                options => _accounts.GetConnectedAccountAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return AccountReading.Read(response.ConnectedAccount, headers);
    }

    /// <summary>Every account that fits, page by page.</summary>
    public IAsyncEnumerable<ConnectedAccount> ListAsync(
        AccountQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListConnectedAccountsRequest { PageSize = PageSize, PageToken = page };
                if (query?.Identifier is { } identifier)
                {
                    request.Identifier = identifier;
                }
                if (query?.ConnectionName is { } connection)
                {
                    request.Connector = connection;
                }
                request.Provider = query?.Connector ?? "";
                var response = await _rpc.CallAsync(
                        options => _accounts.ListConnectedAccountsAsync(request, options),
                        token
                    )
                    .ConfigureAwait(false);
                return (response.ConnectedAccounts.Select(AccountReading.Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>Every account whose identifier begins with the text, page by page.</summary>
    /// <param name="prefix">3–200 characters.</param>
    public IAsyncEnumerable<ConnectedAccount> SearchAsync(
        string prefix,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new SearchConnectedAccountsRequest
                {
                    Query = prefix,
                    PageSize = SearchPageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(
                        options => _accounts.SearchConnectedAccountsAsync(request, options),
                        token
                    )
                    .ConfigureAwait(false);
                return (response.ConnectedAccounts.Select(AccountReading.Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>A single-use link of at most ten minutes with which the user connects; makes the account when there is none.</summary>
    /// <param name="verifyUrl">
    /// Where the user is sent with <c>auth_request_id</c>: https or loopback. Null: the environment's default, else the
    /// page shows a one-time code.
    /// </param>
    /// <param name="state">At most 512 characters; comes back to <paramref name="verifyUrl"/> unchanged.</param>
    public async Task<AuthorizationLink> CreateLinkAsync(
        string connectionName,
        string identifier,
        Uri? verifyUrl = null,
        string? state = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetMagicLinkForConnectedAccountRequest
        {
            Connector = connectionName,
            Identifier = identifier,
        };
        if (verifyUrl is not null)
        {
            request.UserVerifyUrl = verifyUrl.AbsoluteUri;
        }
        if (state is not null)
        {
            request.State = state;
        }
        var response = await _rpc.CallAsync(
                options => _accounts.GetMagicLinkForConnectedAccountAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return new AuthorizationLink(new Uri(response.Link), response.Expiry.ToDateTimeOffset());
    }

    /// <summary>
    /// Says that the person who came back with <paramref name="authRequestId"/> is <paramref name="identifier"/>, as the
    /// application's own login knows; the account becomes <c>ACTIVE</c>. Single use: a wrong identifier ends the attempt.
    /// </summary>
    /// <returns>Where to send the browser.</returns>
    public async Task<Uri> VerifyAsync(
        string authRequestId,
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        var request = new VerifyConnectedAccountUserRequest { AuthRequestId = authRequestId, Identifier = identifier };
        var response = await _rpc.ExecuteAsync(
                options => _accounts.VerifyConnectedAccountUserAsync(request, options),
                [],
                cancellationToken
            )
            .ConfigureAwait(false);
        return new Uri(response.PostUserVerifyRedirectUrl);
    }

    /// <summary>
    /// Says that the attempt came back to a browser that had not begun it, where <paramref name="identifier"/> is signed
    /// in: the attempt is over, whoever that is, and the audit names both users.
    /// </summary>
    public Task RefuseAsync(string authRequestId, string identifier, CancellationToken cancellationToken = default)
    {
        var request = new RefuseVerificationRequest { AuthRequestId = authRequestId, Identifier = identifier };
        return _rpc.CallAsync(options => _verifications.RefuseAsync(request, options), cancellationToken);
    }

    /// <summary>
    /// Takes a link back, and what was begun with it as long as nobody was confirmed: whoever still has it reads that it
    /// ended.
    /// </summary>
    /// <exception cref="BehalfException">Not found: the link is unknown, or has ended, perhaps with a connected account.</exception>
    public Task WithdrawLinkAsync(Uri link, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(link);
        var request = new WithdrawLinkRequest { Link = link.AbsoluteUri };
        return _rpc.CallAsync(options => _verifications.WithdrawAsync(request, options), cancellationToken);
    }

    /// <summary>Stops the account at once and revokes its grant at the provider; the record stays.</summary>
    public async Task<ConnectedAccount> DisconnectAsync(string accountId, CancellationToken cancellationToken = default)
    {
        var request = new DisconnectConnectedAccountRequest { Id = accountId };
        var response = await _rpc.CallAsync(
                options => _accounts.DisconnectConnectedAccountAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return AccountReading.Read(response.ConnectedAccount);
    }

    /// <summary>As <see cref="DisconnectAsync"/>, and removes the record.</summary>
    public Task DeleteAsync(string accountId, CancellationToken cancellationToken = default)
    {
        var request = new DeleteConnectedAccountRequest { Id = accountId };
        return _rpc.CallAsync(options => _accounts.DeleteConnectedAccountAsync(request, options), cancellationToken);
    }
}
