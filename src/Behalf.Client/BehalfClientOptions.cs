using System.Security.Cryptography.X509Certificates;

namespace Behalf.Client;

/// <summary>Where the server is and how it is reached.</summary>
public class BehalfServerOptions
{
    /// <value>The server's origin: https, or http on a loopback address. A path is ignored.</value>
    public Uri? Server { get; set; }

    /// <value>
    /// A PEM file with the one authority to trust, for a development certificate. Null: the machine's trust store. Names
    /// and dates are checked either way.
    /// </value>
    public string? CertificateAuthorityPath { get; set; }

    /// <value>For a call that runs a tool or verifies a person; the server answers before it unless the provider hangs.</value>
    public TimeSpan ExecuteTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <value>For every other call.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <value>The clock that decides when credentials are renewed.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <value>Replaces the sockets, such as with a server in the same process. Not disposed with the client.</value>
    public HttpMessageHandler? HttpHandler { get; set; }

    internal Uri RequireServer() =>
        ServerFault() is { } fault
            ? throw new ArgumentException(fault, nameof(Server))
            : new Uri(Server!.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));

    internal string? ServerFault() =>
        Server is null ? "Server is missing: set it to the server's origin."
        : !Server.IsAbsoluteUri || (Server.Scheme != Uri.UriSchemeHttps && Server.Scheme != Uri.UriSchemeHttp)
            ? $"Server must be an http or https URL, not '{Server}'."
        : Server.Scheme == Uri.UriSchemeHttp && !Server.IsLoopback
            ? $"Server '{Server.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}' would get credentials in clear: use https; http is for loopback only."
        : null;

    internal X509Certificate2Collection? ReadAuthority()
    {
        if (CertificateAuthorityPath is null)
        {
            return null;
        }
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(CertificateAuthorityPath);
        return authority.Count > 0
            ? authority
            : throw new ArgumentException(
                $"'{CertificateAuthorityPath}' holds no certificate.",
                nameof(CertificateAuthorityPath)
            );
    }
}

/// <summary>A service or operator credential and the server it belongs to.</summary>
public sealed class BehalfClientOptions : BehalfServerOptions
{
    public string ClientId { get; set; } = "";

    public SecretText? ClientSecret { get; set; }

    /// <value>The slug an operator's calls are about; ignored for a service credential, whose environment is its own.</value>
    public string Environment { get; set; } = "";

    /// <value>
    /// The claim that names a signed-in user for good; null: <c>sub</c>, else
    /// <see cref="System.Security.Claims.ClaimTypes.NameIdentifier"/>.
    /// </value>
    public string? IdentifierClaim { get; set; }

    /// <summary>
    /// From <c>BEHALF_URL</c>, <c>BEHALF_CLIENT_ID</c> and <c>BEHALF_CLIENT_SECRET</c>, as the command line reads them.
    /// What is missing is told when a client is made.
    /// </summary>
    /// <param name="read">Reads one variable. Default: the process environment.</param>
    public static BehalfClientOptions FromEnvironment(Func<string, string?>? read = null)
    {
        read ??= System.Environment.GetEnvironmentVariable;
        return new BehalfClientOptions
        {
            Server = Uri.TryCreate(read("BEHALF_URL"), UriKind.Absolute, out var server) ? server : null,
            ClientId = read("BEHALF_CLIENT_ID") ?? "",
            ClientSecret = read("BEHALF_CLIENT_SECRET") is { Length: > 0 } secret ? new SecretText(secret) : null,
        };
    }

    /// <exception cref="ArgumentException">With every fault.</exception>
    internal void Validate()
    {
        var faults = Faults().ToArray();
        if (faults.Length > 0)
        {
            throw new ArgumentException(string.Join(' ', faults));
        }
    }

    internal IEnumerable<string> Faults()
    {
        if (ServerFault() is { } server)
        {
            yield return server;
        }
        if (ClientId.Length == 0)
        {
            yield return "ClientId is missing.";
        }
        if (ClientSecret is null || ClientSecret.Reveal().Length == 0)
        {
            yield return "ClientSecret is missing.";
        }
        if (Timeout <= TimeSpan.Zero || ExecuteTimeout <= TimeSpan.Zero)
        {
            yield return "Timeout and ExecuteTimeout must be longer than zero.";
        }
        if (CertificateAuthorityPath is { } path && !File.Exists(path))
        {
            yield return $"CertificateAuthorityPath '{path}' is no file.";
        }
    }
}
