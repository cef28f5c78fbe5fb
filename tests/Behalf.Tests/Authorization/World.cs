using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Limits;
using Behalf.Storage.Sqlite;
using Behalf.TestAuthorizationServer;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Authorization;

/// <summary>
/// The rooms over a real database, vault and egress against a real OAuth server, with the clock in hand. When it is
/// disposed it checks that nothing the provider gave was ever logged.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    public const string ClientId = "client-1";
    public const string ClientSecret = "hush-7f3a-client-secret";
    public const string VerifyUrl = "https://app.example/verify?tab=1";

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-auth-").FullName;
    private ServiceProvider _services = null!;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero));

    public LogCollector Logs { get; } = new();

    public string Spool => Path.Combine(_folder, "spool");

    public ProviderServer Provider { get; private set; } = null!;

    public ProviderClient Client { get; private set; } = null!;

    public TestCatalog Catalog { get; } = new();

    public DeploymentEnvironment Environment { get; private set; } = null!;

    public Connection Connection { get; private set; } = null!;

    /// <value>The application's back end.</value>
    public Principal Service { get; private set; } = null!;

    public IAuthorization Authorization => Get<IAuthorization>();

    public IConnections Connections => Get<IConnections>();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static async Task<World> StartAsync(
        Func<OAuthProfile, OAuthProfile>? profile = null,
        VerifyMode mode = VerifyMode.Application,
        Action<IServiceCollection>? decorate = null
    )
    {
        var world = new World();
        world.Provider = await ProviderServer.StartAsync(world.Time);
        await world.OpenAsync(decorate);
        world.Environment = await world.AddEnvironmentAsync("default", mode);
        world.Service = await world.AddClientAsync(world.Environment.Id);
        world.Connection = await world.AddConnectionAsync("asana-like", profile ?? (p => p));
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync(); // ends what it still held
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await Get<IAuthorizationWorker>().DrainAsync(patience.Token);
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Logs.ShouldHoldNone([ClientSecret, .. Provider.Issued]);
    }

    /// <summary>The process ends and another one starts on the same data.</summary>
    public async Task RestartAsync()
    {
        await _services.DisposeAsync();
        await OpenAsync(null);
    }

    /// <summary>The bytes of every file the process wrote.</summary>
    public string ReadFiles() =>
        string.Concat(
            Directory
                .GetFiles(_folder)
                .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
                .Select(file => System.Text.Encoding.Latin1.GetString(Read(file)))
        );

    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Another node on the same database: its own rooms, the same stores.</summary>
    public ServiceProvider AddNode()
    {
        var services = new ServiceCollection();
        Share<IDatabase>(services);
        Share<IEnvironmentStore>(services);
        Share<IApiClientStore>(services);
        Share<IConnectionStore>(services);
        Share<IAccountStore>(services);
        Share<IFlowStore>(services);
        Share<IRefreshStore>(services);
        Share<IRevocationStore>(services);
        Share<IEndUserStore>(services);
        Share<IConnectorCatalog>(services);
        Share<IVault>(services);
        Share<IEgress>(services);
        Share<IEgressOrigins>(services);
        Share<IAudit>(services);
        AddBase(services);
        services.AddLimits().AddBehalfAuthorization().AddBehalfConnections();
        return services.BuildServiceProvider();
    }

    public async Task<DeploymentEnvironment> AddEnvironmentAsync(
        string slug,
        VerifyMode mode = VerifyMode.Application,
        string? defaultVerifyUrl = null
    )
    {
        var environment = new DeploymentEnvironment
        {
            Id = EntityId.New<EnvironmentId>(Time),
            Slug = slug,
            Name = $"Environment {slug}",
            VerifyMode = mode,
            DefaultVerifyUrl = defaultVerifyUrl,
            CreatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };
        (await Get<IEnvironmentStore>().AddAsync(environment, Traces.None, Cancel)).Should().BeTrue();
        return environment;
    }

    public async Task<Principal> AddClientAsync(EnvironmentId environment, CredentialLimits? limits = null)
    {
        ApiClientId id = EntityId.New<ApiClientId>(Time);
        var client = new ApiClient
        {
            Environment = environment,
            Id = id,
            ClientId = $"svc_{id}",
            Name = "Acme team agent",
            Limits = limits ?? CredentialLimits.None,
            Epoch = 1,
            Enabled = true,
            CreatedAt = Time.GetUtcNow(),
            Secrets = [],
        };
        await Get<IApiClientStore>().AddAsync(client, Traces.None, Cancel);
        return new Principal
        {
            Kind = PrincipalKind.ServiceClient,
            Environment = environment,
            ClientId = client.ClientId,
            DisplayName = client.Name,
            Client = id,
            ClientEpoch = 1,
            Limits = client.Limits,
        };
    }

    /// <summary>A connection at the test provider with a definition of its own.</summary>
    public async Task<Connection> AddConnectionAsync(
        string name,
        Func<OAuthProfile, OAuthProfile> profile,
        string clientId = ClientId
    )
    {
        ConnectorDefinition definition = Catalog.Add(Provider.Origin, profile);
        await Get<IConnectorRevisionStore>().PutAsync(definition.Revision, definition.Slug, "test", "bundled", Cancel);
        Result<ConnectionView> added = await Connections.AddAsync(
            Service,
            Environment.Id,
            new NewConnection
            {
                Connector = definition.Slug,
                Name = ConnectionName.Parse(name),
                ClientId = clientId,
                ClientSecret = Secret.FromText(ClientSecret),
            },
            Cancel
        );
        added.Problem.Should().BeNull();
        Client = Provider.AddClient(clientId, ClientSecret, added.Value!.RedirectUri.AbsoluteUri);
        return added.Value.Connection;
    }

    public async Task<ActingSubject> SubjectAsync(string identifier, Principal? principal = null)
    {
        Identifier name = Identifier.Parse(identifier);
        Principal caller = principal ?? Service;
        UserEpoch epoch = await Get<IEndUserStore>().EnsureAsync(caller.Environment!.Value, name, Cancel);
        return new ActingSubject(caller.Environment.Value, name, epoch, caller);
    }

    public async Task<Principal> SessionAsync(string identifier)
    {
        ActingSubject subject = await SubjectAsync(identifier);
        return new Principal
        {
            Kind = PrincipalKind.UserSession,
            Environment = Environment.Id,
            ClientId = $"session-of-{identifier}",
            DisplayName = "Acme team agent",
            Client = Service.Client,
            ClientEpoch = 1,
            Session = EntityId.New<UserSessionId>(Time),
            Subject = subject.Identifier,
            SubjectEpoch = subject.Epoch,
        };
    }

    public async Task<ConnectedAccount> AccountAsync(string identifier, Connection? connection = null) =>
        await Get<IAccountStore>()
            .FindAsync(Environment.Id, (connection ?? Connection).Id, Identifier.Parse(identifier), Cancel)
        ?? throw new InvalidOperationException($"{identifier} has no account.");

    public async Task<SealedCredential> CredentialAsync(string identifier)
    {
        ConnectedAccount account = await AccountAsync(identifier);
        return await Get<IAccountStore>().FindCredentialAsync(Environment.Id, account.Id, Cancel)
            ?? throw new InvalidOperationException($"{identifier} has no credential.");
    }

    public async Task<IReadOnlyList<AuditRecord>> AuditAsync()
    {
        Page<AuditRecord> page = await Get<IAudit>()
            .ListAsync(new AuditFilter(Environment.Id), new PageRequest(1000), Cancel);
        return page.Items;
    }

    public async Task<IReadOnlyList<StoredEvent>> EventsAsync()
    {
        Page<StoredEvent> page = await Get<IEventStore>()
            .ListAsync(new EventFilter(Environment.Id), new PageRequest(1000), Cancel);
        return page.Items;
    }

    /// <summary>A started call of the identifier, as the tools would have one.</summary>
    public async Task<Result<StartedCall>> StartCallAsync(string identifier, bool writes = false)
    {
        ActingSubject subject = await SubjectAsync(identifier);
        ConnectedAccount account = await AccountAsync(identifier);
        return await Get<IAudit>()
            .StartAsync(
                new CallIntent
                {
                    Execution = EntityId.New<ExecutionId>(Time),
                    Subject = subject,
                    Connection = Connection.Id,
                    ConnectionName = Connection.Name,
                    PolicyRevision = Connection.PolicyRevision,
                    Account = account.Id,
                    Tool = "whoami",
                    NeededScopes = ScopeSet.Empty,
                    ArgumentDigest = new string('0', 64),
                    ActingThrough = "test",
                    Writes = writes,
                },
                Cancel
            );
    }

    private void Share<T>(ServiceCollection services)
        where T : class => services.AddSingleton(Get<T>());

    private void AddBase(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
        services.Configure<BehalfOptions>(options =>
        {
            options.PublicUrl = "https://behalf.example";
            options.AllowedPrivateOrigins.Add(Provider.Origin);
            options.SpoolFolder = Spool;
        });
    }

    private async Task OpenAsync(Action<IServiceCollection>? decorate)
    {
        var services = new ServiceCollection();
        AddBase(services);
        services.AddSingleton<IConnectorCatalog>(Catalog);
        services.AddSqliteStorage(options => options.DatabasePath = Path.Combine(_folder, "behalf.db"));
        services.AddVault(options =>
        {
            options.RootKeyFile = Path.Combine(_folder, "root.key");
            options.CreateRootKey = true;
        });
        services.AddLimits().AddEgress().AddAudit().AddBehalfAuthorization().AddBehalfConnections();
        decorate?.Invoke(services);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });
        await Get<SqliteDatabase>().OpenAsync(Cancel);
        await Get<IVaultOpener>().OpenAsync(Cancel);
    }
}
