using System.CommandLine;

namespace Behalf.Cli.Shell;

/// <summary>Which server, with which credentials: the same options on every command.</summary>
internal sealed class ServerFeature
{
    public Option<string?> Server { get; } =
        new("--server")
        {
            Description = "The server's URL (else BEHALF_URL, else what the credentials file says).",
            HelpName = "URL",
            Recursive = true,
        };

    public Option<string?> Credentials { get; } =
        new("--credentials")
        {
            Description =
                "A credentials file (else BEHALF_CLIENT_ID and BEHALF_CLIENT_SECRET, else the one in the data folder).",
            HelpName = "FILE",
            Recursive = true,
        };

    public Option<string?> Data { get; } =
        new("--data")
        {
            Description = "The server's data folder on this machine (else BEHALF_DATA, else ~/.behalf).",
            HelpName = "DIR",
            Recursive = true,
        };

    public Option<string?> Environment { get; } =
        new("--environment")
        {
            Description = "With the operator's credential: the environment's slug (else default).",
            HelpName = "SLUG",
            Recursive = true,
        };

    public IEnumerable<Option> Options => [Server, Credentials, Data, Environment];
}
