using System.Diagnostics;
using System.Net.Http.Headers;

namespace Behalf.Egress;

internal sealed class EgressDoor : IEgress, IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly IEgressOrigins _origins;
    private readonly TimeProvider _time;

    public EgressDoor(IEgressTransport transport, IEgressOrigins origins, TimeProvider time)
    {
        _invoker = new HttpMessageInvoker(transport.CreateHandler(), disposeHandler: true);
        _origins = origins;
        _time = time;
    }

    public async Task<EgressOutcome> SendAsync(EgressRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Activity? activity = Telemetry.BeginRequest(request.Method, request.Uri);
        return Told(activity, await ExchangeAsync(request, cancellationToken));
    }

    public async Task<EgressOutcome> StreamAsync(EgressRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Activity? activity = Telemetry.BeginRequest(request.Method, request.Uri);
        return Told(activity, await OpenStreamAsync(request, cancellationToken));
    }

    private static EgressOutcome Told(Activity? activity, EgressOutcome outcome)
    {
        (int? status, string? failure) = outcome switch
        {
            EgressOutcome.Answered answered => (answered.Status, (string?)null),
            EgressOutcome.Streaming streaming => (streaming.Answer.Status, null),
            EgressOutcome.Failed failed => ((int?)null, failed.Failure.ToString()),
            _ => (null, null),
        };
        Telemetry.EndRequest(activity, status, failure);
        return outcome;
    }

    private async Task<EgressOutcome> ExchangeAsync(EgressRequest request, CancellationToken cancellationToken)
    {
        if (Refuse(request, cancellationToken) is { } refused)
        {
            return refused;
        }

        using ExchangeTime timeout = new(request.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            timeout.Token,
            cancellationToken
        );
        OnceContent? content = ContentOf(request, moved: null);
        using HttpRequestMessage message = MessageOf(request, content);
        bool answered = false;
        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(message, either.Token);
            answered = true;
            return await AnswerReader.ReadAsync(request, response, either.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new EgressCancelledException(answered || content is not { Started: false }, cancellationToken);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            return Classify(failure, request, content, answered, timeout.IsOver);
        }
    }

    private async Task<EgressOutcome> OpenStreamAsync(EgressRequest request, CancellationToken cancellationToken)
    {
        if (Refuse(request, cancellationToken) is { } refused)
        {
            return refused;
        }

        Patience patience = new(request, _time, cancellationToken);
        OnceContent? content = ContentOf(request, patience.Wait);
        HttpRequestMessage message = MessageOf(request, content);
        HttpResponseMessage? response = null;
        EgressOutcome? outcome = null;
        try
        {
            patience.Wait();
            response = await _invoker.SendAsync(message, patience.Token);
            patience.Rest();
            outcome = await AnswerReader.StreamAsync(request, response, patience, [response, message, patience]);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new EgressCancelledException(
                response is not null || content is not { Started: false },
                cancellationToken
            );
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            outcome = Classify(failure, request, content, answered: response is not null, patience.IsOver);
        }
        finally
        {
            if (outcome is not EgressOutcome.Streaming)
            {
                response?.Dispose();
                message.Dispose();
                patience.Dispose();
            }
        }

        return outcome;
    }

    public void Dispose() => _invoker.Dispose();

    private EgressOutcome.Failed? Refuse(EgressRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(request.MaxResponseBytes);
        cancellationToken.ThrowIfCancellationRequested();
        return ProblemWith(request) is { } problem
            ? new EgressOutcome.Failed(EgressFailure.Refused, MayHaveBeenSent: false, problem)
            : null;
    }

    private static bool IsFailure(Exception failure) =>
        failure is HttpRequestException or IOException or OperationCanceledException;

    private static EgressOutcome.Failed Classify(
        Exception failure,
        EgressRequest request,
        OnceContent? content,
        bool answered,
        bool timedOut
    ) =>
        EgressFailures.Classify(
            failure,
            request.Uri.IdnHost,
            bodyStarted: answered ? true : content?.Started,
            timedOut
        );

    private string? ProblemWith(EgressRequest request)
    {
        if (_origins.ProblemWith(request.Origin) is { } wrongOrigin)
        {
            return wrongOrigin;
        }

        if (!request.Uri.IsAbsoluteUri || request.Uri.UserInfo.Length > 0 || request.Uri.Fragment.Length > 0)
        {
            return "the request's address is not a plain absolute URL";
        }

        return EgressOrigins.OriginOf(request.Uri) != EgressOrigins.OriginOf(request.Origin)
                ? $"the request would leave {request.Origin.IdnHost}"
            : QueryCredential.ProblemWith(request) is { } twice ? twice
            : RequestHeaders.ProblemWith(request);
    }

    // The framework re-sends requests without content when a reused connection turns out to be closed. That is right
    // for GET and HEAD only, so all others carry content, if only an empty one.
    private static OnceContent? ContentOf(EgressRequest request, Action? moved) =>
        request.Content is { } content ? new OnceContent(content, moved)
        : request.Method == HttpMethod.Get || request.Method == HttpMethod.Head ? null
        : new OnceContent(new ByteArrayContent([]));

    private static HttpRequestMessage MessageOf(EgressRequest request, OnceContent? content)
    {
        HttpRequestMessage message = new(request.Method, QueryCredential.PutOn(request))
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        foreach ((string name, string value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value) && content is not null)
            {
                HttpContentHeaders headers = content.Headers;
                headers.Remove(name);
                headers.TryAddWithoutValidation(name, value);
            }
        }

        if (request.Credential is { QueryParameter: null } credential)
        {
            message.Headers.TryAddWithoutValidation(
                credential.Header,
                credential.Prefix + credential.Value.RevealText()
            );
        }

        return message;
    }
}
