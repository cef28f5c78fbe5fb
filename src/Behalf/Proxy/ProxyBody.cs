namespace Behalf.Proxy;

/// <summary>A request's body: small ones are read before the call starts, so that they can be repeated; others pass through once.</summary>
/// <param name="Small">Null: it is streamed.</param>
internal sealed record ProxyBody(ProxyContent? Content, byte[]? Small)
{
    /// <value>In bytes.</value>
    private const int MaxSmall = 64 * 1024;

    public bool IsRepeatable => Content is null || Small is not null;

    /// <exception cref="IOException">The caller's body ended early.</exception>
    public static async Task<ProxyBody> ReadAsync(ProxyContent? content, CancellationToken cancellationToken)
    {
        if (content is not { Length: { } length and <= MaxSmall })
        {
            return new ProxyBody(content, null);
        }

        byte[] small = new byte[length];
        await content.Body.ReadExactlyAsync(small, cancellationToken);
        return new ProxyBody(content, small);
    }

    public HttpContent Make()
    {
        if (Small is not null)
        {
            return new ByteArrayContent(Small);
        }

        StreamContent content = new(Content!.Body);
        content.Headers.ContentLength = Content.Length;
        return content;
    }
}
