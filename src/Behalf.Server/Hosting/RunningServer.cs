using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Server.Connect;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>One server process, from first start to drain.</summary>
public sealed partial class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan UnsealPeriod = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly Action<WebApplication> _mapDoors;
    private readonly DataFolder _folder;
    private readonly Listener _listener;
    private readonly string? _certificateFile;
    private readonly CancellationTokenSource _ending = new();
    private Task _unsealing = Task.CompletedTask;

    internal RunningServer(
        WebApplication app,
        Action<WebApplication> mapDoors,
        DataFolder folder,
        Listener listener,
        string? certificateFile
    )
    {
        _app = app;
        _mapDoors = mapDoors;
        _folder = folder;
        _listener = listener;
        _certificateFile = certificateFile;
    }

    public IServiceProvider Services => _app.Services;

    /// <value>The first bound address.</value>
    public string Url => _listener.Urls[0].Url;

    public IReadOnlyList<string> Urls => [.. _listener.Urls.Select(url => url.Url)];

    public string PublicUrl => _app.Services.GetRequiredService<IOptions<BehalfOptions>>().Value.PublicUrl;

    /// <value>True when this start made the data folder's credentials.</value>
    public bool IsFirstStart { get; private set; }

    public string CredentialsFile => _folder.CredentialsFile;

    public string OperatorFile => _folder.OperatorFile;

    /// <value>What clients must trust; null without TLS or with a certificate of the operator's own.</value>
    public string? AuthorityFile =>
        _certificateFile is null && _listener.Urls.Any(url => url.IsTls)
            ? DevelopmentCertificate.AuthorityFile(_folder)
            : null;

    /// <value>Why the server is sealed; null once it is open.</value>
    public string? Sealed { get; private set; }

    /// <summary>
    /// Schema, keys, first credentials, definitions, the end of calls and the tokens that a killed process left, then the listeners, then
    /// <c>server.json</c>. While the root key cannot be had, the listeners come first and the rest follows by itself.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Settings.Check(Services.GetRequiredService<IOptions<BehalfOptions>>().Value);
        // Half of a start is compiling the doors, and the other half waits for none of them.
        Task mapping = Task.Run(() => _mapDoors(_app), CancellationToken.None);
        await Task.WhenAll(OpenOrSealAsync(cancellationToken), mapping);
        await _app.StartAsync(cancellationToken);
        TellTheEnd();
        WriteServerFile();
        if (Sealed is not null)
        {
            _app.Lifetime.ApplicationStopping.Register(_ending.Cancel);
            _unsealing = UnsealAsync(_ending.Token);
        }
    }

    /// <summary>Takes no new work and lets what runs end, for at most half a minute.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <summary>Until SIGTERM, SIGINT or <paramref name="cancellationToken"/>.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) =>
        _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _unsealing;
        _ending.Dispose();
        await _app.DisposeAsync();
        _listener.Dispose();
    }

    private async Task OpenOrSealAsync(CancellationToken cancellationToken)
    {
        await Services.GetRequiredService<IDatabase>().OpenAsync(cancellationToken);
        await Services.GetRequiredService<TrailWatch>().RequireAsync(cancellationToken);
        try
        {
            await OpenAsync(cancellationToken);
        }
        catch (VaultSealedException failure) when (failure.MayOpenLater)
        {
            if (!await HasRingAsync(cancellationToken))
            {
                throw;
            }

            Sealed = failure.Message;
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await Services.GetRequiredService<IDatabase>().AloneAsync(BeginAsync, cancellationToken);
        CredentialFiles.Follow(_folder, PublicUrl);
        await CompleteAbandonedCallsAsync(cancellationToken);
        await Services.GetRequiredService<IRefreshSpool>().ReplayAsync(cancellationToken);
        Services.GetRequiredService<Readiness>().Reach();
    }

    /// <summary>Keys, first credentials, definitions: what the first start makes and later ones find, one node at a time.</summary>
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await Services.GetRequiredService<IVaultOpener>().OpenAsync(cancellationToken);
        IsFirstStart = await Services
            .GetRequiredService<IIdentity>()
            .BootstrapAsync(
                (credentials, _) =>
                {
                    CredentialFiles.Write(_folder, PublicUrl, credentials);
                    return Task.CompletedTask;
                },
                cancellationToken
            );
        await Services.GetRequiredService<IConnectorCatalog>().SeedAsync(cancellationToken);
        CookieKeys.MakeFirst(Services);
    }

    /// <summary>A database without a ring has nothing to open: there the root key is asked for before anything is served.</summary>
    private async Task<bool> HasRingAsync(CancellationToken cancellationToken) =>
        (await Services.GetRequiredService<IKeyRingStore>().ListAsync(cancellationToken)).Count > 0;

    private async Task UnsealAsync(CancellationToken stopping)
    {
        ILogger<RunningServer> logger = Services.GetRequiredService<ILogger<RunningServer>>();
        TimeProvider time = Services.GetRequiredService<TimeProvider>();
        Log.Sealed(logger, Sealed!);
        using PeriodicTimer timer = new(UnsealPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await OpenAsync(stopping);
                    Sealed = null;
                    Log.Opened(logger);
                    return;
                }
                catch (Exception failure) when (failure is VaultSealedException or StorageUnavailableException)
                {
                    Log.Sealed(logger, failure.Message);
                }
#pragma warning disable CA1031 // logged; whatever it was may be over by the next turn
                catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    Log.NotOpened(logger, failure);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops, sealed as it was.
        }
    }

    /// <summary>Calls that a killed process left open get their end in the trail before anyone is served.</summary>
    private async Task CompleteAbandonedCallsAsync(CancellationToken cancellationToken)
    {
        int calls = await Services.GetRequiredService<IAuditStore>().CompleteAbandonedAsync(cancellationToken);
        if (calls > 0)
        {
            Log.AbandonedCalls(Services.GetRequiredService<ILogger<RunningServer>>(), calls);
        }
    }

    /// <summary>Whatever ends the process by its own will is said; what else ends it, the runtime says.</summary>
    private void TellTheEnd()
    {
        ILogger<RunningServer> logger = Services.GetRequiredService<ILogger<RunningServer>>();
        _app.Lifetime.ApplicationStopping.Register(() => Log.Stopping(logger));
        _app.Lifetime.ApplicationStopped.Register(() => Log.Stopped(logger));
    }

    private void WriteServerFile()
    {
        JsonObject file = new()
        {
            ["url"] = PublicUrl,
            ["urls"] = new JsonArray([.. Urls.Select(url => (JsonNode)url)]),
            ["certificate_authority"] = AuthorityFile,
            ["process"] = Environment.ProcessId,
        };
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            file.WriteTo(writer);
        }

        buffer.WriteByte((byte)'\n');
        DataFolder.Write(_folder.ServerFile, buffer.ToArray());
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 121,
            Level = LogLevel.Warning,
            Message = "The process before this one ended during {Calls} calls; the audit trail says that their outcome is unknown"
        )]
        public static partial void AbandonedCalls(ILogger logger, int calls);

        [LoggerMessage(EventId = 123, Level = LogLevel.Critical, Message = "Sealed: {Reason}")]
        public static partial void Sealed(ILogger logger, string reason);

        [LoggerMessage(EventId = 126, Level = LogLevel.Critical, Message = "Sealed: the start could not be finished")]
        public static partial void NotOpened(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 124, Level = LogLevel.Warning, Message = "The root key is back: the server is open")]
        public static partial void Opened(ILogger logger);

        [LoggerMessage(
            EventId = 128,
            Level = LogLevel.Information,
            Message = "Asked to stop: no new work is taken, what runs is ended"
        )]
        public static partial void Stopping(ILogger logger);

        [LoggerMessage(EventId = 129, Level = LogLevel.Information, Message = "Stopped")]
        public static partial void Stopped(ILogger logger);
    }
}
