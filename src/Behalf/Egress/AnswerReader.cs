using System.Buffers;
using System.Net.Http.Headers;

namespace Behalf.Egress;

/// <summary>Reads an answer whole, bounded in headers and decompressed bytes, and scrubs it.</summary>
internal static class AnswerReader
{
    private const int MaxHeaders = 256;
    private const int ChunkLength = 16 * 1024;

    public static async Task<EgressOutcome> ReadAsync(
        EgressRequest request,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
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

        if (response.Content.Headers.ContentLength > request.MaxResponseBytes && request.Method != HttpMethod.Head)
        {
            return Cut(request);
        }

        byte[]? body = await ReadBodyAsync(response, request.MaxResponseBytes, cancellationToken);
        if (body is null)
        {
            return Cut(request);
        }

        Scrubber scrubber = Scrubber.For(request);
        return new EgressOutcome.Answered(
            (int)response.StatusCode,
            HeadersOf(response, scrubber),
            scrubber.Scrub(body)
        );
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
        int max,
        CancellationToken cancellationToken
    )
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        ArrayBufferWriter<byte> body = new();
        while (true)
        {
            int read;
            try
            {
                read = await stream.ReadAsync(body.GetMemory(ChunkLength), cancellationToken);
            }
            catch (InvalidDataException damaged)
            {
                throw new IOException("The answer cannot be decompressed.", damaged);
            }

            if (read == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            if (body.WrittenCount + read > max)
            {
                return null;
            }

            body.Advance(read);
        }
    }

    /// <returns>One value per name; names compare without case. Cookies are not kept.</returns>
    private static Dictionary<string, string> HeadersOf(HttpResponseMessage response, Scrubber scrubber)
    {
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (
            (string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(
                response.Content.Headers.NonValidated
            )
        )
        {
            if (!name.StartsWith("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                headers[scrubber.Scrub(name)] = scrubber.Scrub(values.ToString());
            }
        }

        return headers;
    }
}
