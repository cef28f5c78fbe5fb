namespace Behalf.Vault;

/// <summary>
/// Keys of cookies and form tokens, each sealed by the vault before it comes here. Called by the framework, which waits for
/// its keys: no method is asynchronous. Safe to call concurrently.
/// </summary>
public interface ICookieKeys
{
    /// <summary>In the order in which they were added.</summary>
    IReadOnlyList<CookieKey> List();

    /// <summary>Does nothing when the key is there already.</summary>
    void Add(CookieKey key);

    /// <summary>Stores another element for the key, if it still has the one that was read.</summary>
    void Replace(CookieKey read, string element);
}

/// <param name="Id">The framework's id of the key.</param>
/// <param name="Element">XML whose secret part is sealed.</param>
public sealed record CookieKey(Guid Id, string Element);
