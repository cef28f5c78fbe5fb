using Grpc.Core;

namespace Behalf.Client.Internal;

/// <summary>
/// Every call to the server: bearer token, deadline, one new token when the server says the old one ended, and the one
/// translation of its errors. Safe to call concurrently.
/// </summary>
internal sealed class Rpc<TCredential>(
    Renewing<TCredential> credentials,
    Func<TCredential, SecretText> bearer,
    BehalfServerOptions options
)
    where TCredential : class
{
    public Task<TResponse> CallAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> call,
        CancellationToken cancellationToken
    ) => CallAsync((_, callOptions) => call(callOptions), options.Timeout, [], cancellationToken);

    public Task<TResponse> CallAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> call,
        Metadata headers,
        CancellationToken cancellationToken
    ) => CallAsync((_, callOptions) => call(callOptions), options.Timeout, headers, cancellationToken);

    public Task<TResponse> ExecuteAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> call,
        Metadata headers,
        CancellationToken cancellationToken
    ) => CallAsync((_, callOptions) => call(callOptions), options.ExecuteTimeout, headers, cancellationToken);

    /// <summary>For requests that are made from the credential itself.</summary>
    public Task<TResponse> CallAsync<TResponse>(
        Func<TCredential, CallOptions, AsyncUnaryCall<TResponse>> call,
        CancellationToken cancellationToken
    ) => CallAsync(call, options.Timeout, [], cancellationToken);

    /// <summary>As the other calls, with the answer's headers.</summary>
    public Task<(TResponse Response, Metadata Headers)> CallForHeadersAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> call,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            (_, callOptions) => call(callOptions),
            async sent =>
            {
                var headers = await sent.ResponseHeadersAsync.ConfigureAwait(false);
                return (await sent.ResponseAsync.ConfigureAwait(false), headers);
            },
            options.Timeout,
            [],
            cancellationToken
        );

    private Task<TResponse> CallAsync<TResponse>(
        Func<TCredential, CallOptions, AsyncUnaryCall<TResponse>> call,
        TimeSpan timeout,
        Metadata headers,
        CancellationToken cancellationToken
    ) => CallAsync(call, sent => sent.ResponseAsync, timeout, headers, cancellationToken);

    private async Task<TResult> CallAsync<TResponse, TResult>(
        Func<TCredential, CallOptions, AsyncUnaryCall<TResponse>> call,
        Func<AsyncUnaryCall<TResponse>, Task<TResult>> read,
        TimeSpan timeout,
        Metadata headers,
        CancellationToken cancellationToken
    )
    {
        var credential = await credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendAsync(credential).ConfigureAwait(false);
        }
        catch (RpcException exception) when (Errors.IsUnauthenticated(exception))
        {
            // Refused at the door, so nothing has happened: the same request may go out once more.
            credentials.Drop(credential);
        }
        catch (RpcException exception)
        {
            throw Translate(exception);
        }
        credential = await credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendAsync(credential).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw Translate(exception);
        }

        async Task<TResult> SendAsync(TCredential with)
        {
            var metadata = new Metadata { { "authorization", $"Bearer {bearer(with).Reveal()}" } };
            foreach (var header in headers)
            {
                metadata.Add(header);
            }
            // The wire's deadline is real time, whatever clock decides about renewal.
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + timeout;
            using var sent = call(with, new CallOptions(metadata, deadline, cancellationToken));
            return await read(sent).ConfigureAwait(false);
        }

        Exception Translate(RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Errors.Read(exception, options.Server!);
        }
    }
}
