using System.Text.Json;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Settings;

/// <summary><c>server.json</c>: what the server of this data folder listens on, as it wrote it itself.</summary>
/// <param name="CertificateAuthority">The file of its development authority; null: the machine's trust store.</param>
internal sealed record ServerFile(IReadOnlyList<Uri> Urls, string? CertificateAuthority)
{
    public static ServerFile? Find(string folder)
    {
        var path = Path.Combine(folder, "server.json");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            var root = document.RootElement;
            var urls = root.TryGetProperty("urls", out var listed)
                ? listed.EnumerateArray().Select(url => new Uri(url.GetString()!)).ToArray()
                : [];
            var authority = root.TryGetProperty("certificate_authority", out var named) ? named.GetString() : null;
            return new ServerFile(urls, authority is null ? null : Path.Combine(folder, authority));
        }
        catch (Exception failure)
            when (failure
                    is JsonException
                        or UriFormatException
                        or InvalidOperationException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            throw CommandFailure.Failed($"{path} cannot be read: {failure.Message}");
        }
    }
}
