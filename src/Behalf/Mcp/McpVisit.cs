using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>Which server a request is sent to.</summary>
/// <param name="Path">As it was asked for; a server answers on exactly one.</param>
public sealed record McpAddress(Guid Server, string Path);

/// <summary>A caller at a server, let in for one request.</summary>
/// <param name="Subject">Already limited to what the server offers and the token allows.</param>
public sealed record McpVisit(ActingSubject Subject, McpConfig Config)
{
    public bool IsReadOnly => Subject.Principal.Limits.ReadOnly;
}
