using System.CommandLine;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary><c>behalf serve</c>.</summary>
internal static class ServeCommand
{
    private static readonly char[] Separators = [';', ','];

    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<string?> rootKey = CommonOptions.RootKey();
        Option<string[]> urls = new("--urls")
        {
            Description = "Addresses to listen on; port 0 takes a free one; cleartext on loopback only.",
            DefaultValueFactory = _ => ["http://127.0.0.1:8080"],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string?> publicUrl = new("--public-url") { Description = "The origin people reach the server at." };
        Option<string?> connectors = CommonOptions.Connectors();
        Option<string?> certificate = new("--cert")
        {
            Description = "Certificate with its key, PEM or PFX. Without it a development certificate is made.",
        };
        Option<string[]> origins = new("--allow-private-origin")
        {
            Description = "An exact private or http (loopback) origin that providers may be called at.",
            DefaultValueFactory = _ => [],
        };
        Option<string[]> furtherKeys = new("--further-root-key")
        {
            Description = "A root key that still opens but no longer wraps, while the key ring moves to another.",
            DefaultValueFactory = _ => [],
        };
        Option<LogLevel?> level = new("--log-level") { Description = "Trace, Debug, Information, Warning or Error." };
        Command command = new("serve", "Run the server.")
        {
            data,
            database,
            rootKey,
            urls,
            publicUrl,
            connectors,
            certificate,
            origins,
            furtherKeys,
            level,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    new ServerOptions
                    {
                        OwnsProcess = true,
                        DataFolder = parsed.GetRequiredValue(data),
                        Database = parsed.GetValue(database),
                        Urls = [.. parsed.GetRequiredValue(urls).SelectMany(Split)],
                        PublicUrl = parsed.GetValue(publicUrl),
                        ConnectorsFolder = parsed.GetValue(connectors),
                        CertificateFile = parsed.GetValue(certificate),
                        AllowedPrivateOrigins = parsed.GetRequiredValue(origins),
                        RootKey = DatabaseChoice.Given(parsed.GetValue(rootKey)),
                        FurtherRootKeys = parsed.GetRequiredValue(furtherKeys),
                        LogLevel = parsed.GetValue(level),
                    },
                    parsed.InvocationConfiguration.Output,
                    cancellationToken
                )
        );
        return command;
    }

    private static string[] Split(string urls) =>
        urls.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<int> RunAsync(
        ServerOptions options,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        await using RunningServer server = ServerApp.Build(options);
        await server.StartAsync(cancellationToken);
        await output.WriteLineAsync($"Behalf listens on {string.Join(" and ", server.Urls)}");
        if (server.Sealed is { } reason)
        {
            await output.WriteLineAsync($"Sealed, only health answers: {reason}");
        }

        if (server.IsFirstStart)
        {
            await output.WriteLineAsync($"Credentials of the first API client: {server.CredentialsFile}");
            await output.WriteLineAsync($"Operator credential:                 {server.OperatorFile}");
        }

        if (server.AuthorityFile is { } authority)
        {
            await output.WriteLineAsync($"Development certificate, signed by {authority}.");
            await output.WriteLineAsync(
                "  `behalf` on this machine trusts it. Others: curl --cacert FILE, SSL_CERT_FILE (.NET),"
            );
            await output.WriteLineAsync(
                "  NODE_EXTRA_CA_CERTS (Node), REQUESTS_CA_BUNDLE and GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"
            );
            await output.WriteLineAsync("  (Python). A browser asks once, or imports FILE as an authority.");
        }

        await output.FlushAsync(cancellationToken);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task givingBack = StartMemory.GiveBackAsync(ending.Token);
        await server.WaitForShutdownAsync(cancellationToken);
        await ending.CancelAsync();
        await givingBack;
        return ExitCodes.Ok;
    }
}
