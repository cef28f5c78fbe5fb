using System.Text.Json;
using System.Text.RegularExpressions;
using Behalf.Connectors;
using Behalf.Import.Documents;

namespace Behalf.Import;

/// <summary>Where the API is.</summary>
/// <param name="BaseUrl">Origin, whose host may have slots.</param>
/// <param name="BasePath">Empty, or from a slash to no slash.</param>
/// <param name="Slots">Of the host, in their order.</param>
internal sealed partial record ServerAddress(string BaseUrl, string BasePath, IReadOnlyList<string> Slots)
{
    /// <exception cref="ImportFault">No https address is known.</exception>
    public static ServerAddress Of(ApiDocument document, string? given)
    {
        string text = given ?? (document.IsSwagger ? Swagger(document) : OpenApi(document)) ?? "";
        Match match = Shape().Match(text);
        if (!match.Success)
        {
            throw new ImportFault(
                $"the API's address is needed (--base-url https://…): the document's is '{Words.Line(text, 100)}'"
            );
        }

        string origin = match.Groups["origin"].Value.ToLowerInvariant();
        string path = match.Groups["path"].Value.TrimEnd('/');
        if (!origin.Contains('{', StringComparison.Ordinal))
        {
            return new ServerAddress(origin, path, []);
        }

        return UrlPattern.TryParse(origin, out UrlPattern? pattern)
            ? new ServerAddress(origin, path, pattern.Slots)
            : throw new ImportFault(
                $"the API's address is needed (--base-url https://…): '{Words.Line(origin, 100)}' has slots that are not whole labels"
            );
    }

    private static string? Swagger(ApiDocument document)
    {
        string? host = Json.TextOf(document.Root, "host");
        string[] schemes = [.. Json.Texts(Json.Member(document.Root, "schemes")).Take(10)];
        return host is null || (schemes.Length > 0 && !schemes.Contains("https", StringComparer.Ordinal))
            ? host
            : $"https://{host}{Json.TextOf(document.Root, "basePath")}";
    }

    /// <summary>A variable stays a slot where it is a whole label of the host; elsewhere its default stands for it.</summary>
    private static string? OpenApi(ApiDocument document)
    {
        JsonElement server = Json.Items(Json.Member(document.Root, "servers")).FirstOrDefault();
        if (Json.TextOf(server, "url") is not { } url)
        {
            return null;
        }

        int host = url.IndexOf("//", StringComparison.Ordinal) + 2;
        int path = host < 2 ? -1 : url.IndexOf('/', host);
        foreach (JsonProperty variable in Json.Members(Json.Member(server, "variables")).Take(20))
        {
            string slot = $"{{{variable.Name}}}";
            int at = url.IndexOf(slot, StringComparison.Ordinal);
            bool isLabel =
                at >= host
                && (path < 0 || at < path)
                && (at == host || url[at - 1] == '.')
                && url[(at + slot.Length)..].StartsWith('.')
                && SlotName().IsMatch(variable.Name)
                && Json.Member(variable.Value, "enum") is null;
            if (!isLabel)
            {
                url = url.Replace(slot, Json.TextOf(variable.Value, "default"), StringComparison.Ordinal);
                path = host < 2 ? -1 : url.IndexOf('/', host);
            }
        }

        return url;
    }

    [GeneratedRegex(
        "^(?<origin>https://[A-Za-z0-9.{}_-]+(:443)?)(?<path>(/[A-Za-z0-9._~-]+)*)/?\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Shape();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SlotName();
}
