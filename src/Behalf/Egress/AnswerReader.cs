using System.Net.Http.Headers;

namespace Behalf.Egress;

/// <summary>Reads an answer whole or as it comes, bounded in headers and decompressed bytes, and scrubs it.</summary>
internal static class AnswerReader
{
    private const int MaxHeaders = 256;
    private const int ChunkLength = 4 * 1024;

    /// <summary>What a length that the provider only says may cost at once.</summary>
    private const int LargestExpected = 64 * 1024;

    public static async Task<EgressOutcome> ReadAsync(
        EgressRequest request,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        if (ProblemWith(request, response) is { } problem)
        {
            return problem;
        }

        byte[]? body = await ReadBodyAsync(response, request.MaxResponseBytes, cancellationToken);
        if (body is null)
        {
            return Cut(request);
        }

        Scrubber scrubber = Scrubber.For(request);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, HeaderStringValues values) in HeadersOf(response))
        {
            headers[scrubber.Scrub(name)] = scrubber.Scrub(values.ToString());
        }

        return new EgressOutcome.Answered((int)response.StatusCode, headers, scrubber.Scrub(body));
    }

    /// <summary>The answer's head, and its body as it comes; what was needed for it is disposed with it.</summary>
    public static async Task<EgressOutcome> StreamAsync(
        EgressRequest request,
        HttpResponseMessage response,
        Patience patience,
        IReadOnlyList<IDisposable> owned
    )
    {
        if (ProblemWith(request, response) is { } problem)
        {
            return problem;
        }

        Scrubber scrubber = Scrubber.For(request);
        Stream body = await response.Content.ReadAsStreamAsync(patience.Token);
        return new EgressOutcome.Streaming(
            new EgressStream(
                (int)response.StatusCode,
                Scrubbed(response, scrubber),
                new ScrubbedStream(body, response.Content.Headers.ContentLength, request, scrubber.Begin(), patience),
                owned
            )
        );
    }

    private static List<KeyValuePair<string, string>> Scrubbed(HttpResponseMessage response, Scrubber scrubber)
    {
        List<KeyValuePair<string, string>> headers = new(
            response.Headers.NonValidated.Count + response.Content.Headers.NonValidated.Count
        );
        foreach ((string name, HeaderStringValues values) in HeadersOf(response))
        {
            foreach (string value in values)
            {
                headers.Add(KeyValuePair.Create(scrubber.Scrub(name), scrubber.Scrub(value)));
            }
        }

        return headers;
    }

    private static EgressOutcome.Failed? ProblemWith(EgressRequest request, HttpResponseMessage response)
    {
        string host = request.Uri.IdnHost;
        int count = response.Headers.NonValidated.Count + response.Content.Headers.NonValidated.Count;
        if (count > MaxHeaders)
        {
            return Failed(EgressFailure.TooLarge, $"{host}'s answer has more than {MaxHeaders} headers");
        }

        // The handler takes off the encodings it asked for; what is left could hide a credential from the scrubber.
        if (response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out HeaderStringValues encodings))
        {
            if (encodings.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            {
                return Failed(EgressFailure.Interrupted, $"{host}'s answer is in an encoding nobody asked for");
            }
        }

        return response.Content.Headers.ContentLength > request.MaxResponseBytes && request.Method != HttpMethod.Head
            ? Cut(request)
            : null;
    }

    private static EgressOutcome.Failed Cut(EgressRequest request) =>
        Failed(
            EgressFailure.TooLarge,
            $"{request.Uri.IdnHost}'s answer is larger than {request.MaxResponseBytes} bytes"
        );

    private static EgressOutcome.Failed Failed(EgressFailure kind, string description) =>
        new(kind, MayHaveBeenSent: true, description);

    /// <returns>Null when there is more than <paramref name="max"/> bytes.</returns>
    private static async Task<byte[]?> ReadBodyAsync(
        HttpResponseMessage response,
        long max,
        CancellationToken cancellationToken
    )
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        long expected = response.Content.Headers.ContentLength ?? ChunkLength;
        using PooledBuffer body = new((int)Math.Min(expected + 1, LargestExpected)); // one more, to meet the end without growing
        while (true)
        {
            int read;
            try
            {
                read = await stream.ReadAsync(body.GetMemory(), cancellationToken);
            }
            catch (InvalidDataException damaged)
            {
                throw new IOException("The answer cannot be decompressed.", damaged);
            }

            if (read == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            body.Advance(read);
            if (body.WrittenCount > max)
            {
                return null;
            }
        }
    }

    /// <summary>Cookies are not kept.</summary>
    private static IEnumerable<KeyValuePair<string, HeaderStringValues>> HeadersOf(HttpResponseMessage response) =>
        response
            .Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(header => !header.Key.StartsWith("Set-Cookie", StringComparison.OrdinalIgnoreCase));
}
