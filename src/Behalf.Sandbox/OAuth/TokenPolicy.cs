namespace Behalf.Sandbox.OAuth;

internal enum Rotation
{
    /// <summary>A refresh answer holds no refresh token and the old one stays good, as Asana documents.</summary>
    None,

    /// <summary>Every refresh replaces the refresh token; using an old one ends the grant.</summary>
    Strict,

    /// <summary>As strict, but an old one still works for a while.</summary>
    Grace,
}

/// <summary>What tests change about tokens; runs under <c>ObjectStore.Gate</c>.</summary>
internal sealed class TokenPolicy
{
    public static readonly TimeSpan DefaultAccessTokenLife = TimeSpan.FromHours(1);
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(5);

    public Rotation Rotation { get; set; }
    public TimeSpan Grace { get; set; } = DefaultGrace;
    public TimeSpan AccessTokenLife { get; set; } = DefaultAccessTokenLife;

    public void Reset()
    {
        Rotation = Rotation.None;
        Grace = DefaultGrace;
        AccessTokenLife = DefaultAccessTokenLife;
    }
}
