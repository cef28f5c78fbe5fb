using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Settings;

/// <summary>
/// Where a command goes and with what: options, then variables, then the data folder. A stored credential goes to the
/// server its file names; to another one only when the command line names both.
/// </summary>
internal static class ServerSettings
{
    public const string UrlVariable = "BEHALF_URL";
    public const string ClientIdVariable = "BEHALF_CLIENT_ID";
    public const string ClientSecretVariable = "BEHALF_CLIENT_SECRET";
    public const string DataVariable = "BEHALF_DATA";

    public static BehalfClientOptions Resolve(SettingSources sources, Surroundings surroundings, Action<string> warn)
    {
        var named = Parse(sources.Server, "--server") ?? Parse(surroundings.Variable(UrlVariable), UrlVariable);
        var folder = DataFolder(sources, surroundings);
        if (sources.CredentialsFile is { } file)
        {
            return FromFile(file, named, mayDiffer: sources.Server is not null, folder, warn);
        }
        var clientId = surroundings.Variable(ClientIdVariable);
        var clientSecret = surroundings.Variable(ClientSecretVariable);
        if (sources.DataFolder is null && (clientId is not null || clientSecret is not null))
        {
            return FromVariables(clientId, clientSecret, named, folder);
        }
        var stored = Path.Combine(folder, sources.DefaultCredentialFile);
        return File.Exists(stored)
            ? FromFile(stored, named, mayDiffer: false, folder, warn)
            : throw CommandFailure.Failed(
                $"No credentials: {stored} does not exist. Start a server with `behalf serve`, or name one with --server and --credentials, or set {UrlVariable}, {ClientIdVariable} and {ClientSecretVariable}."
            );
    }

    public static string DataFolder(SettingSources sources, Surroundings surroundings) =>
        Path.GetFullPath(
            sources.DataFolder
                ?? surroundings.Variable(DataVariable)
                ?? Path.Combine(surroundings.HomeFolder, ".behalf")
        );

    private static BehalfClientOptions FromVariables(string? clientId, string? clientSecret, Uri? named, string folder)
    {
        if (clientId is null || clientSecret is null)
        {
            throw CommandFailure.Usage($"Set both {ClientIdVariable} and {ClientSecretVariable}, or neither.");
        }
        return Make(
            named
                ?? throw CommandFailure.Usage(
                    $"{ClientIdVariable} is set, but not the server it belongs to: set {UrlVariable} or give --server."
                ),
            clientId,
            clientSecret,
            [ServerFile.Find(folder)]
        );
    }

    private static BehalfClientOptions FromFile(
        string path,
        Uri? named,
        bool mayDiffer,
        string folder,
        Action<string> warn
    )
    {
        var credential = CredentialFile.Read(Path.GetFullPath(path), warn);
        var server = ServerFile.Find(Path.GetDirectoryName(credential.Path)!);
        Uri[] known = [credential.Server, .. server?.Urls ?? []];
        var isKnown = named is null || known.Any(url => SameOrigin(url, named));
        if (!isKnown && !mayDiffer)
        {
            throw CommandFailure.Refused(
                $"{credential.Path} belongs to {Origin(credential.Server)} and is not sent to {Origin(named!)}. To send it there all the same, give both --server and --credentials."
            );
        }
        return Make(
            named ?? credential.Server,
            credential.ClientId,
            credential.ClientSecret,
            [server, ServerFile.Find(folder)]
        );
    }

    /// <param name="local">Servers of this machine: the development authority of the one meant is trusted, for it alone.</param>
    private static BehalfClientOptions Make(Uri server, string clientId, SecretText secret, ServerFile?[] local)
    {
        if (server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback)
        {
            throw CommandFailure.Usage(
                $"{Origin(server)} would get the credentials in clear: use https. Plain http is for this machine only."
            );
        }
        return new BehalfClientOptions
        {
            Server = server,
            ClientId = clientId,
            ClientSecret = secret,
            CertificateAuthorityPath = local
                .FirstOrDefault(file => file?.Urls.Any(url => SameOrigin(url, server)) == true)
                ?.CertificateAuthority,
        };
    }

    private static Uri? Parse(string? url, string source) =>
        url is null ? null
        : Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" ? parsed
        : throw CommandFailure.Usage($"{source} must be an http or https URL, not \"{url}\".");

    private static bool SameOrigin(Uri left, Uri right) => Origin(left) == Origin(right);

    /// <summary>Scheme, host and port, in one spelling.</summary>
    private static string Origin(Uri url) => url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
