namespace Behalf.Sandbox.Model;

internal sealed class User : Entity
{
    public required string Key { get; init; }
    public required string Name { get; set; }
    public required string Email { get; init; }
    public required string Password { get; init; }

    /// <summary>Personal access token: full permissions, never expires.</summary>
    public required string Pat { get; init; }

    /// <summary>Reaches everything in its workspaces, whoever owns it.</summary>
    public bool IsServiceAccount { get; init; }

    /// <summary>False once deprovisioned: cannot sign in, and every token it has is dead.</summary>
    public bool Active { get; set; } = true;

    public override string ResourceType => "user";
    public override string Title => Name;
}
