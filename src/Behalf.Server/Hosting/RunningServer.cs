using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Audit;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Server.Connect;
using Behalf.Server.Doors;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>One server process, from first start to drain.</summary>
public sealed partial class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _folder;
    private readonly Listener _listener;
    private readonly string? _certificateFile;

    internal RunningServer(WebApplication app, DataFolder folder, Listener listener, string? certificateFile)
    {
        _app = app;
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

    /// <summary>
    /// Schema, keys, first credentials, definitions, the end of calls that a killed process left, then the listeners, then
    /// <c>server.json</c>.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Settings.Check(Services.GetRequiredService<IOptions<BehalfOptions>>().Value);
        IDatabase database = Services.GetRequiredService<IDatabase>();
        await database.OpenAsync(cancellationToken);
        await database.AloneAsync(BeginAsync, cancellationToken);
        CredentialFiles.Follow(_folder, PublicUrl);
        AccessCheck.Require(((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints));
        await CompleteAbandonedCallsAsync(cancellationToken);
        await _app.StartAsync(cancellationToken);
        WriteServerFile();
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

    /// <summary>Takes no new work and lets what runs end, for at most half a minute.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <summary>Until SIGTERM, SIGINT or <paramref name="cancellationToken"/>.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) =>
        _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _listener.Dispose();
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
    }
}
