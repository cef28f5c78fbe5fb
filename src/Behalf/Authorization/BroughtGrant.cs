namespace Behalf.Authorization;

/// <summary>A brought credential, checked: what it is, whose and for what, as far as anybody says; dispose it.</summary>
internal sealed record BroughtGrant : IDisposable
{
    /// <value>When it was looked at: its lifetime counts from then.</value>
    public required DateTimeOffset Asked { get; init; }

    public required TokenSet Tokens { get; init; }

    public required string ScopeSource { get; init; }

    /// <value>Of the provider's user; null: unknown.</value>
    public string? UserKey { get; init; }

    /// <value>For the audit: one clause, nothing secret.</value>
    public required string Detail { get; init; }

    public void Dispose() => Tokens.Dispose();
}
