namespace Behalf.Egress;

/// <summary>Puts a credential in the query, for providers that take it nowhere else. Pure.</summary>
internal static class QueryCredential
{
    /// <returns>Null, or that the request itself names the credential's parameter: which of the two would count is not ours to guess.</returns>
    public static string? ProblemWith(EgressRequest request) =>
        request.Credential?.QueryParameter is { } parameter && Names(request.Uri.Query).Contains(parameter)
            ? $"query parameter {parameter} cannot be set by a request"
            : null;

    public static Uri PutOn(EgressRequest request)
    {
        if (request.Credential is not { QueryParameter: { } parameter } credential)
        {
            return request.Uri;
        }

        string value = Uri.EscapeDataString(credential.Value.RevealText());
        string query = request.Uri.Query.Length > 1 ? $"{request.Uri.Query}&" : "?";
        return new Uri($"{request.Uri.GetLeftPart(UriPartial.Path)}{query}{Uri.EscapeDataString(parameter)}={value}");
    }

    /// <summary>Compared without case and unescaped: some servers do.</summary>
    private static HashSet<string> Names(string query) =>
        query
            .TrimStart('?')
            .Split('&', ';')
            .Select(pair => Uri.UnescapeDataString(pair.Split('=')[0].Replace('+', ' ')))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
