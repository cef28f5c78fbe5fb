using Behalf.Server.Doors;

namespace Behalf.Server.Mcp;

/// <summary>
/// 401 and 403 of an MCP endpoint (RFC 6750 §3, RFC 9728 §5.1): where its metadata is, and everything the call needs.
/// </summary>
internal sealed class Challenge(ResourceMetadata metadata)
{
    private static readonly Problem NoToken = new(
        ProblemKind.Unauthenticated,
        "unauthenticated",
        "This MCP server needs a token of its own: Authorization: Bearer …"
    );

    public async Task MissingAsync(HttpContext http) =>
        await WriteAsync(http, NoToken, $"scope=\"{McpScopes.AskedFor(http)}\"");

    public async Task InvalidAsync(HttpContext http, Problem problem) =>
        await WriteAsync(http, problem, $"error=\"invalid_token\", scope=\"{McpScopes.AskedFor(http)}\"");

    public async Task InsufficientAsync(HttpContext http, string tool) =>
        await WriteAsync(
            http,
            Problem.Forbidden("insufficient_scope", $"{Shown(tool)} changes things, and this token is for reading."),
            $"error=\"insufficient_scope\", scope=\"{McpScopes.Read} {McpScopes.Write}\", error_description=\"This tool changes things, and the token is for reading\""
        );

    private async Task WriteAsync(HttpContext http, Problem problem, string parameters)
    {
        await ProblemAnswer.WriteAsync(
            http,
            problem,
            $"Bearer resource_metadata=\"{await metadata.UrlOfAsync(http)}\", {parameters}"
        );
    }

    /// <summary>A name as the specification wants tools named; anything else is the sender's own text.</summary>
    private static string Shown(string tool) =>
        tool.Length is > 0 and <= 128 && tool.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? tool
            : "The tool";
}
