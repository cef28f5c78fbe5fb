using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Identity;

namespace Behalf.Server.Hosting;

/// <summary>
/// <c>credentials.json</c> and <c>operator.json</c>: <c>environment_url</c>, <c>client_id</c>, <c>client_secret</c>, mode
/// 0600. Secrets go to these files and nowhere else.
/// </summary>
internal static class CredentialFiles
{
    private const string UrlKey = "environment_url";

    public static void Write(DataFolder folder, string url, FirstCredentials credentials)
    {
        Write(folder.CredentialsFile, url, credentials.Client.Client.ClientId, credentials.Client.ClientSecret);
        Write(folder.OperatorFile, url, credentials.OperatorClientId, credentials.OperatorClientSecret);
    }

    /// <summary>The server may listen elsewhere than last time: what the files say of its address follows.</summary>
    public static void Follow(DataFolder folder, string url)
    {
        foreach (string path in new[] { folder.CredentialsFile, folder.OperatorFile })
        {
            if (
                File.Exists(path)
                && JsonNode.Parse(File.ReadAllText(path)) is JsonObject file
                && file[UrlKey]?.GetValue<string>() != url
            )
            {
                file[UrlKey] = url;
                DataFolder.Write(path, Bytes(file));
            }
        }
    }

    private static void Write(string path, string url, string clientId, Secret clientSecret)
    {
        JsonObject file = new()
        {
            [UrlKey] = url,
            ["client_id"] = clientId,
            ["client_secret"] = clientSecret.RevealText(),
        };
        DataFolder.Write(path, Bytes(file));
    }

    private static byte[] Bytes(JsonObject file)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            file.WriteTo(writer);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
