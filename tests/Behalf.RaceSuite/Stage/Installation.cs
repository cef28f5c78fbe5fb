using System.Data.Common;
using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.RaceSuite.Provider;
using Behalf.Vault;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.RaceSuite.Stage;

/// <summary>Nodes on one database beside the provider, set up once: a connection for each habit, tokens readable back.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly List<Node> _nodes = [];
    private JsonNode? _application;
    private JsonNode? _operator;

    public Installation(string folder, RotatingProvider provider, string? database)
    {
        Folder = folder;
        Provider = provider;
        Database = database;
        RootKey = Path.Combine(folder, "root.key");
        Directory.CreateDirectory(folder);
        Connectors = Path.Combine(folder, "connectors");
        ConnectorFiles.Write(Connectors);
        provider.AttemptStates.Add(AttemptStateAsync);
    }

    public string Folder { get; }

    /// <value>Where the nodes' logs are; the folder itself unless that is to be filled up.</value>
    public string Logs
    {
        get => field ?? Folder;
        init;
    }

    public RotatingProvider Provider { get; }

    /// <value>Where the suite itself looks; null: SQLite in the first node's folder.</value>
    public string? Database { get; set; }

    public string Connectors { get; }

    /// <value>Of the nodes that are started from now on.</value>
    public string RootKey { get; set; }

    /// <value>As <see cref="RootKey"/>: those that still open what they wrapped.</value>
    public IReadOnlyList<string> FurtherRootKeys { get; set; } = [];

    public string PublicUrl => _nodes[0].Address;

    /// <value>Environment variables of every node; a dead node is noticed sooner than by default.</value>
    public Dictionary<string, string> Settings { get; } =
        new(StringComparer.Ordinal)
        {
            ["BEHALF__NODEHEARTBEAT"] = "00:00:01",
            ["BEHALF__NODEDEADAFTER"] = "00:00:06",
            ["BEHALF__REFRESHMARGIN"] = "00:00:00",
        };

    public IReadOnlyList<Node> Nodes => _nodes;

    public Node First => _nodes[0];

    public Node Second => _nodes[1];

    /// <param name="databaseOfNodes">One for each node: they may reach the same database by different ways.</param>
    public async Task StartAsync(params IReadOnlyList<string> databaseOfNodes)
    {
        if (Database is not null)
        {
            RootKeyFile.Create(RootKey);
        }

        foreach (string database in databaseOfNodes)
        {
            _nodes.Add(new Node(this, $"node-{_nodes.Count + 1}", database));
        }

        foreach (Node node in _nodes)
        {
            await node.StartAsync();
        }

        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            await First.Client.Connections.AddAsync(
                new NewConnection
                {
                    Connector = habit.Slug(),
                    ClientId = RotatingProvider.ClientId,
                    ClientSecret = RotatingProvider.ClientSecret,
                    BaseUrl = Provider.Origin,
                    OAuthUrl = Provider.Origin,
                }
            );
        }

        using BehalfClient admin = Operator();
        await admin.Environments.ChangeAsync("default", new EnvironmentChange { ReadBack = true });
    }

    /// <summary>The application brings its users' tokens.</summary>
    public async Task AdmitAsync(Habit habit, IEnumerable<string> users)
    {
        await Parallel.ForEachAsync(
            users,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (user, cancellationToken) =>
            {
                Pair pair = Provider.Ledger.Give(habit, user);
                await First.Client.Accounts.CreateAsync(
                    habit.Slug(),
                    user,
                    new AccountSettings
                    {
                        Credential = new AccountCredential.Tokens(pair.Access, pair.Refresh) { Scopes = ["notes"] },
                    },
                    cancellationToken
                );
            }
        );
    }

    /// <summary>The user connected again: a new grant in the same account.</summary>
    public async Task ReconnectAsync(Habit habit, string user)
    {
        Pair pair = Provider.Ledger.Give(habit, user);
        ConnectedAccount account = await First.Client.Accounts.GetAsync(habit.Slug(), user);
        await First.Client.Accounts.ChangeAsync(
            account.Id,
            new AccountSettings
            {
                Credential = new AccountCredential.Tokens(pair.Access, pair.Refresh) { Scopes = ["notes"] },
            }
        );
    }

    /// <summary>
    /// Stands for the hour that passes: the access tokens of now end in our books and at the provider; one that is refreshed
    /// meanwhile lives.
    /// </summary>
    /// <param name="isDue">Whether the servers' own scheduler looks after them too.</param>
    public Task LetTokensEndAsync(Habit habit, IReadOnlyList<string> users, bool isDue) =>
        LetTokensEndAsync([(habit, users)], isDue);

    /// <inheritdoc cref="LetTokensEndAsync(Habit, IReadOnlyList{string}, bool)" />
    public async Task LetTokensEndAsync(IReadOnlyList<(Habit Habit, IReadOnlyList<string> Users)> casts, bool isDue)
    {
        List<(Habit Habit, string User, int Through)> issued =
        [
            .. casts.SelectMany(cast =>
                cast.Users.Select(user => (cast.Habit, user, Provider.Ledger.Find(cast.Habit, user)!.AccessIssued))
            ),
        ];
        bool isSqlite = Database is null;
        if (isSqlite)
        {
            await First.StopAsync(); // the file is one process's
        }

        await using (DbConnection connection = await OpenAsync())
        {
            foreach ((Habit habit, IReadOnlyList<string> users) in casts)
            {
                foreach (string[] some in users.Chunk(500))
                {
                    await LetTokensEndAsync(connection, habit, some, isDue);
                }
            }
        }

        if (isSqlite)
        {
            await First.StartAsync();
        }

        foreach ((Habit habit, string user, int through) in issued)
        {
            Provider.Ledger.EndAccess(habit, user, through);
        }
    }

    /// <summary>How the user's last refresh attempt stands in the database; null: the user or the database is not there.</summary>
    private async Task<long?> AttemptStateAsync(Habit habit, string user)
    {
        try
        {
            await using DbConnection connection = await OpenAsync();
            await using DbCommand command = connection.CreateCommand();
            command.CommandText = """
                SELECT r.attempt_state FROM refresh_state r
                JOIN account a ON a.environment_id = r.environment_id AND a.id = r.account_id
                JOIN connection c ON c.environment_id = a.environment_id AND c.id = a.connection_id
                WHERE c.name = @connection AND a.identifier = @user AND a.deleted_at IS NULL
                """;
            foreach ((string name, string value) in new[] { ("@connection", habit.Slug()), ("@user", user) })
            {
                DbParameter parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                command.Parameters.Add(parameter);
            }

            return await command.ExecuteScalarAsync() is { } state ? Convert.ToInt64(state) : null;
        }
        catch (DbException)
        {
            return null; // away, or not set up yet
        }
    }

    private async Task LetTokensEndAsync(DbConnection connection, Habit habit, string[] users, bool isDue)
    {
        string list = string.Join(',', users.Select(user => $"'{user}'"));
        string now = Database is null ? "CAST(unixepoch('subsec') * 1000000 AS INTEGER)" : "behalf_now()";
        string theirs = $"""
            SELECT a.id FROM account a JOIN connection c ON c.id = a.connection_id
            WHERE c.name = '{habit.Slug()}' AND a.identifier IN ({list})
            """;
        await RunAsync(
            connection,
            $"""
            UPDATE credential SET access_expires_at = {now} WHERE account_id IN ({theirs}) AND generation = (
              SELECT a.generation FROM account a
              WHERE a.environment_id = credential.environment_id AND a.id = credential.account_id)
            """
        );
        await RunAsync(
            connection,
            $"""
            UPDATE refresh_state SET due_at = {(isDue ? now : "NULL")}, not_before = NULL WHERE account_id IN ({theirs})
            """
        );
    }

    /// <summary>The database itself, for what no interface tells.</summary>
    public async Task<DbConnection> OpenAsync()
    {
        DbConnection connection = Database is null
            ? new SqliteConnection(
                $"Data Source={Path.Combine(First.Data, "behalf.db")};Pooling=False;Default Timeout=30"
            )
            : new NpgsqlConnection($"{Database};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>With the operator's credential, by the first node unless another is named.</summary>
    public BehalfClient Operator(Node? by = null) => Connect((by ?? First).Address, _operator!, "default");

    public BehalfClient Connect(string address) => Connect(address, _application!, "");

    /// <summary>The first node to start wrote the credentials into its folder.</summary>
    public void Learn(Node node)
    {
        _application ??= Read(node, "credentials.json");
        _operator ??= Read(node, "operator.json");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Node node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static JsonNode Read(Node node, string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(node.Data, file)))!;

    private static BehalfClient Connect(string address, JsonNode credential, string environment) =>
        new(
            new BehalfClientOptions
            {
                Server = new Uri(address),
                ClientId = (string)credential["client_id"]!,
                ClientSecret = new SecretText((string)credential["client_secret"]!),
                Environment = environment,
                Timeout = TimeSpan.FromSeconds(60),
                ExecuteTimeout = TimeSpan.FromSeconds(100),
            }
        );

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // of this file, with users that the suite named
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
