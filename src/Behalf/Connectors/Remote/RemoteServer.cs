namespace Behalf.Connectors.Remote;

/// <summary>The MCP server that a connector's tools are at.</summary>
/// <param name="Path">Where below the base URL it answers, such as <c>/mcp</c>.</param>
public sealed record RemoteServer(string Path);
