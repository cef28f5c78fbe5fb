namespace Behalf.Server.Hosting;

/// <summary>One entry of <c>McpClients:DocumentFiles</c>: a client's metadata document that is read from a file instead.</summary>
internal sealed record ClientDocumentFile
{
    public string Url { get; init; } = "";

    public string File { get; init; } = "";
}
