using Behalf.Server.Doors;

namespace Behalf.Server.Mcp;

/// <summary>An MCP endpoint: lets in by a token for exactly this URL, which <see cref="McpGate"/> checks.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AcceptsMcpTokenAttribute : Attribute, IAccessDeclaration;
