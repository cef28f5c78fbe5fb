using System.Security.Cryptography;
using System.Text;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Storage.SharedTests;

/// <summary>A small environment and the ways its rows come about. Every value that is not given is made up and unique.</summary>
public sealed class Acme
{
    private readonly StorageUnderTest _storage;

    private Acme(StorageUnderTest storage, string slug)
    {
        _storage = storage;
        Slug = slug;
    }

    public string Slug { get; }

    public required DeploymentEnvironment Environment { get; init; }

    public required ApiClient Client { get; init; }

    public required Connection Connection { get; init; }

    public required RingKeyId RingKey { get; init; }

    public EnvironmentId Id => Environment.Id;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Acme> BuildAsync(StorageUnderTest storage, string slug)
    {
        RingKey[] first =
        [
            .. Enum.GetValues<RingKeyKind>()
                .Select(kind => new RingKey(
                    EntityId.New<RingKeyId>(storage.Time),
                    kind,
                    RingKeyState.Active,
                    RandomNumberGenerator.GetBytes(60),
                    "file",
                    storage.Time.GetUtcNow()
                )),
        ];
        await storage.Keys.AddFirstAsync(first, Cancellation);
        RingKeyId ringKey = (await storage.Keys.ListAsync(Cancellation)).Single(k => k.Kind == RingKeyKind.Data).Id;

        DeploymentEnvironment environment = NewEnvironment(storage, slug);
        (await storage.Environments.AddAsync(environment, Traces.None, Cancellation)).Should().BeTrue();
        ApiClient client = NewClient(storage, environment.Id);
        await storage.Clients.AddAsync(client, Traces.None, Cancellation);
        string revision = Digest.Of("a connector's document").Hex;
        await storage.Revisions.PutAsync(revision, "practice", "document", "bundled", Cancellation);
        Connection connection = NewConnection(storage, environment.Id, "practice", "practice");
        (await storage.Connections.AddAsync(connection, Traces.None, Cancellation)).Should().BeNull();
        return new Acme(storage, slug)
        {
            Environment = environment,
            Client = client,
            Connection = connection,
            RingKey = ringKey,
        };
    }

    public static DeploymentEnvironment NewEnvironment(StorageUnderTest storage, string slug) =>
        new()
        {
            Id = EntityId.New<EnvironmentId>(storage.Time),
            Slug = slug,
            Name = $"Environment {slug}",
            PublicUrl = null,
            VerifyMode = VerifyMode.Application,
            CreatedAt = storage.Time.GetUtcNow(),
            RowVersion = 1,
        };

    public static ApiClient NewClient(StorageUnderTest storage, EnvironmentId environment) =>
        new()
        {
            Environment = environment,
            Id = EntityId.New<ApiClientId>(storage.Time),
            ClientId = $"client_{Guid.NewGuid():N}",
            Name = "Team agent",
            Limits = CredentialLimits.None,
            Epoch = 1,
            Enabled = true,
            CreatedAt = storage.Time.GetUtcNow(),
            Secrets = [new ClientSecretDigest(RandomDigest(), storage.Time.GetUtcNow(), null)],
        };

    public static Connection NewConnection(
        StorageUnderTest storage,
        EnvironmentId environment,
        string name,
        string prefix
    ) =>
        new()
        {
            Environment = environment,
            Id = EntityId.New<ConnectionId>(storage.Time),
            Name = ConnectionName.Parse(name),
            Connector = "practice",
            ConnectorRevision = Digest.Of("a connector's document").Hex,
            ToolPrefix = prefix,
            BaseUrl = new Uri("https://api.example.com/api/1.0"),
            OAuthUrl = new Uri("https://api.example.com"),
            ClientId = "oauth-client",
            ClientSecretSealed = [1, 2, 3],
            Scopes = ScopeSet.Parse("tasks:read tasks:write"),
            PolicyRevision = 1,
            Enabled = true,
            CreatedAt = storage.Time.GetUtcNow(),
            RowVersion = 1,
        };

    public static Digest RandomDigest() => Digest.Of(RandomNumberGenerator.GetBytes(32));

    public async Task<ConnectedAccount> AccountAsync(string identifier, ConnectionId? connection = null) =>
        (
            await _storage.Accounts.EnsureAsync(
                Id,
                connection ?? Connection.Id,
                Identifier.Parse(identifier),
                AccountLabels.None,
                _ => Traces.None,
                Cancellation
            )
        ).Account;

    public async Task<ConnectedAccount> ReadAsync(ConnectedAccount account) =>
        await _storage.Accounts.FindAsync(Id, account.Id, Cancellation)
        ?? throw new InvalidOperationException("The account is not there.");

    public AuthorizationFlow NewFlow(ConnectedAccount account, FlowStep step = FlowStep.LinkCreated) =>
        new()
        {
            Environment = Id,
            Id = EntityId.New<FlowId>(_storage.Time),
            Connection = account.Connection,
            Account = account.Id,
            Identifier = account.Identifier,
            Step = step,
            Mode = VerifyMode.Application,
            Link = RandomDigest(),
            State = step >= FlowStep.AtProvider ? RandomDigest() : null,
            AuthRequest = step >= FlowStep.AwaitingVerification ? RandomDigest() : null,
            VerifierSealed = Encoding.UTF8.GetBytes("verifier"),
            CodeSealed = step >= FlowStep.AwaitingVerification ? Encoding.UTF8.GetBytes("code") : null,
            RedirectUri = "https://behalf.example/callback",
            Scopes = ScopeSet.Parse("tasks:read"),
            AllowOtherProviderUser = false,
            ConnectionVersion = 1,
            CreatedBy = Client.ClientId,
            ExpiresAt = _storage.Time.GetUtcNow().AddMinutes(10),
            CreatedAt = _storage.Time.GetUtcNow(),
        };

    public async Task<AuthorizationFlow> FlowAsync(ConnectedAccount account, FlowStep step = FlowStep.LinkCreated)
    {
        AuthorizationFlow flow = NewFlow(account, step);
        await _storage.Flows.AddAsync(flow, Traces.None, Cancellation);
        return flow;
    }

    public NewCredential NewCredential(
        ConnectedAccount account,
        long follows,
        string token = "token",
        string? providerUserKey = null
    ) =>
        new()
        {
            Account = account.Id,
            Follows = follows,
            Sealed = new SealedCredential
            {
                Key = new AccountKey(Id, account.Id, Encoding.UTF8.GetBytes($"key of {account.Identifier}"), RingKey),
                Connection = account.Connection,
                Generation = follows + 1,
                AccessSealed = Encoding.UTF8.GetBytes($"access {token}"),
                RefreshSealed = Encoding.UTF8.GetBytes($"refresh {token}"),
                AccessExpiresAt = _storage.Time.GetUtcNow().AddHours(1),
                GrantedScopes = ScopeSet.Parse("tasks:read tasks:write"),
            },
            ScopeSource = "token_response",
            ProviderUserKey = providerUserKey,
            ProviderUserName = "Alice at the provider",
            RefreshDueAt = _storage.Time.GetUtcNow().AddMinutes(50),
        };

    /// <summary>An account with a working credential of generation 1.</summary>
    public async Task<ConnectedAccount> ActiveAccountAsync(
        string identifier,
        ConnectionId? connection = null,
        string? providerUserKey = null
    )
    {
        ConnectedAccount account = await AccountAsync(identifier, connection);
        AuthorizationFlow flow = await FlowAsync(account, FlowStep.Exchanging);
        NewCredential credential = NewCredential(account, account.Generation, providerUserKey: providerUserKey);
        (await _storage.Flows.SucceedAsync(flow, credential, Traces.None, Cancellation)).Should().BeTrue();
        return await ReadAsync(account);
    }

    public RevocationJob NewJob(ConnectedAccount account) =>
        new()
        {
            Environment = Id,
            Id = EntityId.New<RevocationJobId>(_storage.Time),
            Account = account.Id,
            Connection = account.Connection,
            Key = new AccountKey(Id, account.Id, Encoding.UTF8.GetBytes("key of the job"), RingKey),
            TokenSealed = Encoding.UTF8.GetBytes("sealed for the revoker"),
            TokenKind = "refresh_token",
            CreatedAt = _storage.Time.GetUtcNow(),
        };

    public AuditDraft Draft(string action = "test.action", string? identifier = null) =>
        new()
        {
            Environment = Id,
            Kind = AuditKind.Admin,
            Action = action,
            Identifier = identifier,
            Principal = Client.ClientId,
        };

    public Principal Service() =>
        new()
        {
            Kind = PrincipalKind.ServiceClient,
            Environment = Id,
            ClientId = Client.ClientId,
            DisplayName = Client.Name,
            Client = Client.Id,
            ClientEpoch = Client.Epoch,
        };

    public async Task<(Principal Principal, UserSession Session)> SessionAsync(string identifier, TimeSpan lifetime)
    {
        UserEpoch epoch = await _storage.Users.EnsureAsync(Id, Identifier.Parse(identifier), Cancellation);
        UserSession session = new()
        {
            Environment = Id,
            Id = EntityId.New<UserSessionId>(_storage.Time),
            ClientId = $"session_{Guid.NewGuid():N}",
            SecretDigest = RandomDigest(),
            Client = Client.Id,
            Identifier = Identifier.Parse(identifier),
            Epoch = epoch,
            Limits = CredentialLimits.None,
            ExpiresAt = _storage.Time.GetUtcNow() + lifetime,
        };
        await _storage.Sessions.AddAsync(session, Traces.None, Cancellation);
        Principal principal = new()
        {
            Kind = PrincipalKind.UserSession,
            Environment = Id,
            ClientId = session.ClientId,
            DisplayName = "session",
            Client = Client.Id,
            ClientEpoch = Client.Epoch,
            Session = session.Id,
            Subject = session.Identifier,
            SubjectEpoch = epoch,
        };
        return (principal, session);
    }

    public async Task<CallIntent> IntentAsync(ConnectedAccount account, Principal? principal = null)
    {
        UserEpoch epoch = await _storage.Users.EnsureAsync(Id, account.Identifier, Cancellation);
        return new CallIntent
        {
            Execution = EntityId.New<ExecutionId>(_storage.Time),
            Subject = new ActingSubject(Id, account.Identifier, epoch, principal ?? Service()),
            Connection = account.Connection,
            ConnectionName = account.ConnectionName,
            PolicyRevision = 1,
            Account = account.Id,
            Tool = "practice_list_tasks",
            NeededScopes = ScopeSet.Parse("tasks:read"),
            ArgumentDigest = "digest",
            ActingThrough = "test",
            AgentRun = "run-1",
            Writes = false,
        };
    }

    public async Task<List<AuditRecord>> TrailAsync()
    {
        List<AuditRecord> records = [];
        await foreach (StoredAuditRecord stored in _storage.Audit.ReadAsync(Id, Cancellation))
        {
            records.Add(AuditChain.Read(stored));
        }

        return records;
    }
}
