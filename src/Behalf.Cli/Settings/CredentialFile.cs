using System.Text.Json;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Settings;

/// <summary>A stored credential and the one server it belongs to.</summary>
internal sealed record CredentialFile(string Path, Uri Server, string ClientId, SecretText ClientSecret)
{
    /// <param name="warn">Takes a remark when others on this machine can read the file.</param>
    public static CredentialFile Read(string path, Action<string> warn)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Failed($"The credentials file {path} cannot be read: {failure.Message}");
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMayRead) != UnixFileMode.None)
        {
            warn($"{path} can be read by others on this machine; run: chmod 600 {path}");
        }
        try
        {
            using var document = JsonDocument.Parse(text);
            return new CredentialFile(
                path,
                new Uri(Text(document, "environment_url")),
                Text(document, "client_id"),
                Text(document, "client_secret")
            );
        }
        catch (Exception failure)
            when (failure is JsonException or UriFormatException or KeyNotFoundException or InvalidOperationException)
        {
            // The parser's own message could quote a secret.
            throw CommandFailure.Failed(
                $"{path} is not a credentials file: it needs environment_url, client_id and client_secret."
            );
        }
    }

    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static string Text(JsonDocument document, string name) =>
        document.RootElement.GetProperty(name).GetString() is { Length: > 0 } value
            ? value
            : throw new KeyNotFoundException();
}
