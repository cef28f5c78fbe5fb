using System.Text.Json;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel;

/// <summary>Reads a JSON body within the limits of size and depth.</summary>
internal static class BodyReader
{
    private const int MaxDepth = 64;

    /// <exception cref="RequestRefusedException">Too large, not JSON, or nested too deeply.</exception>
    public static async Task<(JsonElement Body, int Length)> ReadAsync(
        HttpRequest request,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > maxBytes)
            {
                throw new RequestRefusedException(
                    ApiError.TooLarge($"Request exceeds the maximum allowed number of bytes ({maxBytes}).")
                );
            }

            buffer.Write(chunk, 0, read);
        }

        try
        {
            using var document = JsonDocument.Parse(
                buffer.GetBuffer().AsMemory(0, (int)buffer.Length),
                new JsonDocumentOptions { MaxDepth = MaxDepth }
            );
            return (document.RootElement.Clone(), (int)buffer.Length);
        }
        catch (JsonException exception)
        {
            throw RequestRefusedException.Invalid($"The request body is not valid JSON: {exception.Message}");
        }
    }
}
