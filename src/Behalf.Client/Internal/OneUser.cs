namespace Behalf.Client.Internal;

/// <summary>Holds a renewing callback to the user it first gave: a renewal never changes who acts.</summary>
internal sealed class OneUser(Func<CancellationToken, Task<UserSession>> renew)
{
    private string? _identifier;

    /// <remarks>Not called concurrently: <see cref="Renewing{T}"/> runs one renewal at a time.</remarks>
    public async Task<UserSession> RenewAsync(CancellationToken cancellationToken)
    {
        var session = await renew(cancellationToken).ConfigureAwait(false);
        _identifier ??= session.Identifier;
        return session.Identifier == _identifier
            ? session
            : throw new InvalidOperationException(
                "The session callback gave a session of another user: a user client acts for one user only."
            );
    }
}
