using Behalf.Identity;

namespace Behalf.Server.Doors;

/// <summary>Which credentials an endpoint accepts. Every endpoint has this or <see cref="OpenToAllAttribute"/>; a method's own declaration wins over its class's.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class AcceptsAttribute(params PrincipalKind[] kinds) : Attribute, IAccessDeclaration
{
    public IReadOnlyList<PrincipalKind> Kinds { get; } = kinds;
}

/// <summary>An endpoint that takes no credential, and why that is right.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OpenToAllAttribute(string reason) : Attribute, IAccessDeclaration
{
    public string Reason { get; } = reason;
}

internal interface IAccessDeclaration;
