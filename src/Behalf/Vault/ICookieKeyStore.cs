namespace Behalf.Vault;

/// <summary>
/// Keys of cookies and form tokens in a database that nodes share, each sealed by the vault before it comes here. Called
/// by the framework, which waits for its keys: no method is asynchronous.
/// </summary>
public interface ICookieKeyStore
{
    IReadOnlyList<string> List();

    void Add(Guid id, string sealedElement);
}
