using System.CommandLine;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands.Doctor;

/// <summary><c>behalf doctor</c>: what a start would find, without starting and also beside a running server; changes nothing.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<string?> rootKey = CommonOptions.RootKey();
        Option<string?> connectors = CommonOptions.Connectors();
        Option<string?> certificate = new("--cert") { Description = "The certificate the server is started with." };
        Option<string[]> origins = new("--allow-private-origin")
        {
            Description = "The private origins the server is started with.",
            DefaultValueFactory = _ => [],
        };
        Option<bool> noNetwork = new("--no-network") { Description = "Do not ask the providers of the connections." };
        Option<bool> json = Answer.Json();
        Command command = new(
            "doctor",
            "Check files, clock, database, migrations, keys, certificates, and the connections' providers."
        )
        {
            data,
            database,
            rootKey,
            connectors,
            certificate,
            origins,
            noNetwork,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    CommonOptions.Chosen(parsed, data, database, rootKey),
                    parsed.GetValue(connectors) ?? ConnectorsFolder.Find(),
                    parsed.GetValue(certificate),
                    [.. parsed.GetRequiredValue(origins), .. ConfiguredOrigins()],
                    asks: !parsed.GetValue(noNetwork),
                    new Answer(parsed, json),
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>As the server reads them.</summary>
    private static string[] ConfiguredOrigins() =>
        Settings.AllowedPrivateOriginsOf(
            new ConfigurationBuilder()
                .SetBasePath(AppContext.BaseDirectory)
                .AddJsonFile("appsettings.json", optional: true)
                .AddEnvironmentVariables()
                .Build()
        );

    private static async Task<int> RunAsync(
        DatabaseChoice database,
        string connectors,
        string? certificate,
        IReadOnlyList<string> origins,
        bool asks,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        List<Finding> findings = [.. FileChecks.Of(database, connectors)];
        (Finding? server, Uri? publicUrl) = await ServerChecks.OfAsync(database.Folder, cancellationToken);
        if (server is not null)
        {
            findings.Add(server);
        }

        findings.AddRange(CertificateChecks.Of(database.Folder, certificate, publicUrl));
        findings.AddRange(origins.Select(origin => Finding.Fine($"private origin allowed: {origin}")));
        if (database.IsPostgreSql || File.Exists(database.Folder.Database))
        {
            await using OfflineServices offline = OfflineServices.Make(database, connectors, origins);
            (IReadOnlyList<Finding> about, bool isReadable) = await DatabaseChecks.OfAsync(
                offline,
                database.Folder,
                cancellationToken
            );
            findings.AddRange(about);
            if (isReadable && asks)
            {
                findings.AddRange(await ReachChecks.OfAsync(offline, cancellationToken));
            }
        }

        int wrong = findings.Count(finding => !finding.IsFine);
        await answer.GiveAsync(
            string.Join(
                Environment.NewLine,
                [
                    .. findings.Select(finding => $"{(finding.IsFine ? "ok  " : "FAIL")}  {finding.Text}"),
                    wrong == 0 ? "All is well." : $"{wrong} of {findings.Count} findings need attention.",
                ]
            ),
            findings
        );
        return wrong == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
