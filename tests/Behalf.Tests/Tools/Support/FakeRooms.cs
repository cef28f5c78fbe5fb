using System.Security.Cryptography;
using System.Text;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Limits;
using Behalf.People;
using Behalf.Policy;
using Behalf.Tools;
using Behalf.Tools.Custom;
using Behalf.Tools.Repeats;
using Behalf.Tools.Running;
using Behalf.Vault;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Tools.Support;

/// <summary>The Tools room with the rooms around it played: connections and accounts in memory, an audit that remembers.</summary>
internal sealed class FakeRooms : IConnections, IConnectorCatalog, IAudit
{
    private readonly Dictionary<string, ConnectorDefinition> _definitions = new(StringComparer.Ordinal);
    private readonly List<Connection> _connections = [];
    private readonly List<ConnectedAccount> _accounts = [];

    public FakeRooms()
    {
        ScopedToolList scoped = new(
            this,
            this,
            new OfferedTools(Custom, new NoRemoteServers(), NullLogger<OfferedTools>.Instance),
            new ConnectionPolicy()
        );
        MacVault vault = new();
        Tools = new ToolsRoom(
            scoped,
            new ToolExecution(
                scoped,
                this,
                new ConnectionPolicy(),
                new LimitsRoom(Options.Create(new BehalfOptions())),
                this,
                this,
                new ToolRunner(Time, NullLogger<ToolRunner>.Instance),
                new CallRepeats(this, new NoRepeats(), vault, Time),
                new ErrorDetails(new NoSettings()),
                vault,
                Time
            ),
            new CustomTools(Custom, this, this, Time),
            new ToolExplainer(scoped, this, this, new ConnectionPolicy(), this, vault, Time),
            new ToolStyle(new OneEnvironment(this)),
            new NoLinks()
        );
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public ITools Tools { get; }

    public CustomToolsInMemory Custom { get; } = new();

    /// <summary>What happened, in its order: intents, opens, completions and denials.</summary>
    public List<string> Story { get; } = [];

    public List<AuditDraft> Denials { get; } = [];

    public List<CallIntent> Intents { get; } = [];

    /// <summary>How the environment lists tools.</summary>
    public ToolNaming Naming { get; set; } = ToolNaming.Behalf;

    public List<AuditRecord> Completions { get; } = [];

    public FakeUpstream Upstream { get; set; } = new(ToolBench.Unexpected);

    public Problem? StartProblem { get; set; }

    public Problem? OpenProblem { get; set; }

    public Connection Add(string name, string tools, Func<Connection, Connection>? change = null)
    {
        ConnectorDefinition definition = DefinitionReader.Read(ToolBench.Definition(tools));
        _definitions[definition.Revision] = definition;
        Connection connection = new()
        {
            Environment = Calls.Environment,
            Id = ConnectionId.From(Guid.CreateVersion7()),
            Name = ConnectionName.Parse(name),
            Connector = definition.Slug,
            ConnectorRevision = definition.Revision,
            ToolPrefix = name,
            BaseUrl = definition.BaseUrl,
            OAuthUrl = definition.OAuth.Origin,
            Scopes = definition.OAuth.DefaultScopes,
            PolicyRevision = 7,
            Enabled = true,
            CreatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };
        connection = change?.Invoke(connection) ?? connection;
        _connections.Add(connection);
        return connection;
    }

    public ConnectedAccount Connect(
        string identifier,
        Connection connection,
        string scopes = "things",
        CredentialStatus status = CredentialStatus.Active,
        string? reason = null
    )
    {
        ConnectedAccount account = new()
        {
            Environment = Calls.Environment,
            Id = AccountId.From(Guid.CreateVersion7()),
            Connection = connection.Id,
            ConnectionName = connection.Name,
            Connector = connection.Connector,
            Identifier = Identifier.Parse(identifier),
            Incarnation = 1,
            Status = status,
            Reason = reason,
            Generation = 1,
            GrantedScopes = ScopeSet.Parse(scopes),
            UpdatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };
        _accounts.Add(account);
        return account;
    }

    public Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(
        BrowserUser user,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();

    public Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(
        ActingSubject subject,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<ConnectedAccount>>([
            .. _accounts.Where(account => account.Identifier == subject.Identifier),
        ]);

    public Task<ConnectedAccount?> AccountAtAsync(
        ActingSubject subject,
        Connection connection,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult(
            _accounts.SingleOrDefault(account =>
                account.Identifier == subject.Identifier && account.Connection == connection.Id
            )
        );

    public Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<Connection>>([
            .. _connections
                .Where(connection => prefixes.Contains(connection.ToolPrefix))
                .OrderBy(connection => connection.Name.Value, StringComparer.Ordinal),
        ]);

    public Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) => Task.FromResult<Result<ConnectionView>>(View(_connections.Single(connection => connection.Id == id)));

    public Task<Page<ConnectionView>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) => Task.FromResult(new Page<ConnectionView>([.. _connections.Select(View)], null, null, _connections.Count));

    public ValueTask<ConnectorDefinition> GetAsync(string revision, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_definitions[revision]);

    public Task<Result<StartedCall>> StartAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        if (StartProblem is { } problem)
        {
            return Task.FromResult<Result<StartedCall>>(problem);
        }

        Story.Add($"intent {intent.Tool}");
        Intents.Add(intent);
        return Task.FromResult<Result<StartedCall>>(Calls.Started(intent));
    }

    public async Task<Result<KeyedStart>> StartOnceAsync(CallIntent intent, CancellationToken cancellationToken) =>
        (await StartAsync(intent, cancellationToken)).To<KeyedStart>(call => new KeyedStart.Started(call));

    public Task<Result<IUpstream>> OpenAsync(
        StartedCall call,
        Connection connection,
        CancellationToken cancellationToken
    )
    {
        Story.Add("open");
        return Task.FromResult<Result<IUpstream>>(OpenProblem is { } problem ? problem : (Result<IUpstream>)Upstream);
    }

    public Task CompleteAsync(StartedCall call, CallCompletion completion)
    {
        Story.Add($"complete {completion.Outcome}");
        Completions.Add(
            new AuditRecord(
                CallRecords.Completion(call.Intent, completion),
                "lane",
                Completions.Count + 1,
                Time.GetUtcNow(),
                "",
                Redacted: false
            )
        );
        return Task.CompletedTask;
    }

    public Task DenyAsync(AuditDraft denial, CancellationToken cancellationToken)
    {
        Story.Add($"deny {denial.Outcome}");
        Denials.Add(denial);
        return Task.CompletedTask;
    }

    private static ConnectionView View(Connection connection) =>
        new(connection, "Tracker", new Uri("https://behalf.example/callback"));

    // What the Tools room never asks for.
    private static NotSupportedException NotAsked() => new("The Tools room has no business with this.");

    Task<Result<ConnectionView>> IConnections.AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewConnection connection,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectionView>> IConnections.FindAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectionView>> IConnections.FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectionView>> IConnections.FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Page<ConnectionView>> IConnections.ListAsync(
        Principal principal,
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectedAccount>> IConnections.ChangeAccountAsync(
        Principal principal,
        AccountId id,
        string apiConfig,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectionView>> IConnections.ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        ConnectionChange change,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<string>> IConnections.ReadContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<Done>> IConnections.WriteContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<Done>> IConnections.RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        bool force,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectedAccount>> IConnections.CreateAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectedAccount>> IConnections.FindAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectedAccount>> IConnections.FindAccountAsync(
        Principal principal,
        AccountId id,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<Result<ConnectedAccount>>(
            _accounts.SingleOrDefault(account => account.Id == id) is { } account
                ? account
                : Problem.NotFound("connected account")
        );

    Task<Page<ConnectedAccount>> IConnections.ListAccountsAsync(
        Principal principal,
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<ConnectedAccount>> IConnections.DisconnectAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<Done>> IConnections.DeleteAccountAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<RevokedAccounts>> IConnections.RevokeAllAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName? connection,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<bool> IConnections.StopAgainAsync(
        EnvironmentId environment,
        AccountId account,
        long generation,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    bool IAudit.IsOut => false;

    Task<Result<IReadOnlyList<ConnectedAccount>>> IConnections.RemoveUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<Result<IReadOnlyList<ConnectedAccount>>> IConnections.RevokeUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<IReadOnlyList<ConnectorDefinition>> IConnectorCatalog.ListAsync(
        EnvironmentId? environment,
        CancellationToken cancellationToken
    ) => throw NotAsked();

    Task<ConnectorDefinition?> IConnectorCatalog.FindLatestAsync(
        EnvironmentId? environment,
        string slug,
        CancellationToken cancellationToken
    ) => Task.FromResult(_definitions.Values.LastOrDefault(definition => definition.Slug == slug));

    Task IConnectorCatalog.SeedAsync(CancellationToken cancellationToken) => throw NotAsked();

    Task IConnectorCatalog.WarmAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Result<ConnectorDefinition> IConnectorCatalog.Read(string yaml) => throw NotAsked();

    Task<Result<Done>> IAudit.RequestAsync(StartedCall call, string operation, CancellationToken cancellationToken) =>
        throw NotAsked();

    Task<Result<Done>> IAudit.RecordAsync(AuditDraft record, CancellationToken cancellationToken) => throw NotAsked();

    Task<Page<AuditRecord>> IAudit.ListAsync(
        AuditFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => Task.FromResult(new Page<AuditRecord>(Completions, null, null, Completions.Count));

    Task<AuditVerification> IAudit.VerifyAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        throw NotAsked();

    IAsyncEnumerable<AuditRecord> IAudit.ExportAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        throw NotAsked();

    /// <summary>An environment nobody changed.</summary>
    private sealed class NoSettings : IEnvironmentStore
    {
        public Task<DeploymentEnvironment?> FindAsync(EnvironmentId id, CancellationToken cancellationToken) =>
            Task.FromResult<DeploymentEnvironment?>(null);

        public Task<bool> AddAsync(
            DeploymentEnvironment environment,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw NotAsked();

        public Task<bool> ChangeAsync(
            DeploymentEnvironment environment,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw NotAsked();

        public Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken) =>
            throw NotAsked();

        public Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken) =>
            throw NotAsked();
    }

    /// <summary>Every key is fresh: what repeats do is tested where there is a database.</summary>
    private sealed class NoRepeats : IRepeatStore
    {
        public Task<PriorCall?> FindAsync(
            EnvironmentId environment,
            ExecutionId execution,
            CancellationToken cancellationToken
        ) => throw NotAsked();

        public Task MarkAsync(IReadOnlyList<AnswerMark> marks, CancellationToken cancellationToken) =>
            Task.CompletedTask;

        public Task<int> RemoveExpiredAsync(CancellationToken cancellationToken) => throw NotAsked();
    }

    private sealed class OneEnvironment(FakeRooms rooms) : IEnvironmentStore
    {
        public Task<DeploymentEnvironment?> FindAsync(EnvironmentId id, CancellationToken cancellationToken) =>
            Task.FromResult<DeploymentEnvironment?>(
                new DeploymentEnvironment
                {
                    Id = id,
                    Slug = "default",
                    Name = "Default",
                    VerifyMode = VerifyMode.Application,
                    ToolNaming = rooms.Naming,
                    CreatedAt = rooms.Time.GetUtcNow(),
                    RowVersion = 1,
                }
            );

        public Task<bool> AddAsync(
            DeploymentEnvironment environment,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw NotAsked();

        public Task<bool> ChangeAsync(
            DeploymentEnvironment environment,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw NotAsked();

        public Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken) =>
            throw NotAsked();

        public Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken) =>
            throw NotAsked();
    }

    private sealed class MacVault : IVault
    {
        public bool IsOpen => true;

        public byte[] Mac(string purpose, ReadOnlySpan<byte> data) =>
            HMACSHA256.HashData(Encoding.UTF8.GetBytes($"test key for {purpose}"), data);

        public AccountKey CreateAccountKey(EnvironmentId environment, AccountId account) => throw NotAsked();

        public byte[] Seal(AccountKey key, SealPlace place, Secret value) => value.Reveal().ToArray();

        public Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue) => throw NotAsked();

        public byte[] Seal(SealPlace place, Secret value) => throw NotAsked();

        public Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue) => throw NotAsked();

        public IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose) => throw NotAsked();
    }

    private sealed class NoLinks : IReconnectLinks
    {
        public Task<Problem> AddToAsync(ActingSubject subject, Problem problem, CancellationToken cancellationToken) =>
            Task.FromResult(problem);
    }
}
