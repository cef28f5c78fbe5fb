namespace Behalf.Sandbox.Model;

internal sealed class AccessRequest : Entity
{
    public required User Requester { get; init; }

    /// <summary>A <see cref="Project"/> or a <see cref="Portfolio"/>.</summary>
    public required Entity Target { get; init; }

    public string Message { get; init; } = "";

    public override string ResourceType => "access_request";
}
