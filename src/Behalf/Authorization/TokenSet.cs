namespace Behalf.Authorization;

/// <summary>The tokens of one successful answer (RFC 6749 §5.1), in clear until sealed; dispose it.</summary>
internal sealed record TokenSet : IDisposable
{
    public required Secret AccessToken { get; init; }

    public Secret? RefreshToken { get; init; }

    /// <value>Null: the provider did not say.</value>
    public TimeSpan? AccessLifetime { get; init; }

    public TimeSpan? RefreshLifetime { get; init; }

    /// <value>The answer states a lifetime that cannot be one; it is left away.</value>
    public bool HasOddLifetime { get; init; }

    /// <value>Null: the answer named none.</value>
    public ScopeSet? Scopes { get; init; }

    /// <value>The provider's own id of the user, at the profile's path.</value>
    public string? UserId { get; init; }

    public string? UserName { get; init; }

    /// <value>Facts the profile keeps with the credential; no secrets.</value>
    public IReadOnlyDictionary<string, string> Kept { get; init; } = new Dictionary<string, string>();

    public void Dispose()
    {
        AccessToken.Dispose();
        RefreshToken?.Dispose();
    }
}

/// <summary>What a token endpoint answered.</summary>
internal abstract record TokenAnswer
{
    private TokenAnswer() { }

    public sealed record Granted(TokenSet Tokens) : TokenAnswer;

    /// <param name="Error">The OAuth error code (RFC 6749 §5.2), inert.</param>
    public sealed record Refused(string Error) : TokenAnswer
    {
        /// <value>It is our OAuth client that is wrong, not the user's grant.</value>
        public bool IsAboutTheClient => Error is "invalid_client" or "unauthorized_client";
    }

    /// <summary>Certainly not carried out, or the provider said to come later (429, 5xx).</summary>
    /// <param name="RetryAfter">As the provider asked, bounded.</param>
    /// <param name="MayBeCarriedOut">
    /// A server failed while it worked on the request, or a gateway had no answer from the one that did (RFC 9110 §15.6).
    /// </param>
    public sealed record Later(string Description, TimeSpan? RetryAfter, bool MayBeCarriedOut = false) : TokenAnswer;

    /// <summary>Sent, and what came back does not tell: nothing at all, or something that is no token answer.</summary>
    public sealed record Unknown(string Description) : TokenAnswer;
}
