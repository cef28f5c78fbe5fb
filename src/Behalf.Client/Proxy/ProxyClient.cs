using System.Net;
using System.Net.Http.Headers;
using Behalf.Client.Internal;

namespace Behalf.Client;

/// <summary>
/// The provider's whole API as one user, for what no tool does. Bodies are streamed both ways; the user's token never
/// comes here. Safe to call concurrently.
/// </summary>
public sealed class ProxyClient
{
    private const string Prefix = "/proxy";

    private readonly Renewing<AccessToken> _tokens;
    private readonly Transport _transport;

    internal ProxyClient(Renewing<AccessToken> tokens, Transport transport)
    {
        _tokens = tokens;
        _transport = transport;
    }

    /// <summary>Sends one request; once more only if our own token had ended and the request has no body.</summary>
    /// <returns>The provider's answer, whatever its status, once its head is there. The caller disposes it.</returns>
    /// <exception cref="BehalfException">The server refused the request, or has no answer of the provider to give on.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        ProxyRequest request,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        var token = await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
        var response = await SendAsync(request, token, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            // A provider's 401 never comes through: this one is about our own token, so nothing has happened.
            _tokens.Drop(token);
            if (request.Content is null)
            {
                response.Dispose();
                token = await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
                response = await SendAsync(request, token, cancellationToken).ConfigureAwait(false);
            }
        }
        if (response.Headers.Contains("behalf-answered-by"))
        {
            return response;
        }
        using (response)
        {
            throw await ProxyRefusal.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        ProxyRequest request,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        using var message = new HttpRequestMessage(request.Method, Target(request.Path)) { Content = request.Content };
        foreach (var (name, value) in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value.Reveal());
        message.Headers.Add("connection_name", request.Connection);
        message.Headers.Add("identifier", request.Identifier);
        try
        {
            return await _transport
                .Streams.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Errors.Unreachable(_transport.Server, exception);
        }
        finally
        {
            message.Content = null; // the caller's
        }
    }

    /// <summary>Exactly the path that was given: nothing is resolved before the server has looked at it.</summary>
    private Uri Target(string path)
    {
        if (!path.StartsWith('/'))
        {
            throw new ArgumentException("A path begins with a slash.", nameof(path));
        }
        var origin = _transport.Server.GetLeftPart(UriPartial.Authority);
        return new Uri(
            $"{origin}{Prefix}{path}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
    }
}
