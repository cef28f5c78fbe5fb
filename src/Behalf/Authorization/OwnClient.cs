namespace Behalf.Authorization;

/// <summary>An OAuth client that is a user's own (RFC 6749 §4.4): <c>id:secret</c>, as it was typed in and is kept.</summary>
internal sealed class OwnClient : IDisposable
{
    private OwnClient(string id, Secret secret) => (Id, Secret) = (id, secret);

    public string Id { get; }

    public Secret Secret { get; }

    public static OwnClient Of(Secret pair)
    {
        string text = pair.RevealText();
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return new OwnClient(text[..colon], Secret.FromText(text[(colon + 1)..]));
    }

    public void Dispose() => Secret.Dispose();
}
