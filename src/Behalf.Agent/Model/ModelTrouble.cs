using System.Net;
using Anthropic.Exceptions;

namespace Behalf.Agent.Model;

/// <summary>Why a model turn failed, and whether another try may help.</summary>
internal sealed record ModelTrouble(string Sentence, bool IsTransient, bool IsCut = false, TimeSpan? RetryAfter = null)
{
    private const int MaxDetail = 300;

    public static ModelTrouble Cut { get; } = new("The model's answer was cut off.", IsTransient: true, IsCut: true);

    public static ModelTrouble Of(Exception exception) =>
        exception switch
        {
            AnthropicApiException api => OfStatus(api.StatusCode, api.Message),
            AnthropicIOException or HttpRequestException { StatusCode: null } or TimeoutException => Unreachable(
                exception
            ),
            HttpRequestException http => OfStatus(http.StatusCode!.Value, http.Message),
            OperationCanceledException => new("The model did not answer in time.", IsTransient: true),
            IOException => Cut,
            AnthropicSseException => OfStream(exception.Message),
            AnthropicException => new(
                $"The model's answer could not be read: {Short(exception.Message)}",
                IsTransient: true,
                IsCut: true
            ),
            _ => new($"The model could not be used: {Short(exception.Message)}", IsTransient: false),
        };

    private static ModelTrouble Unreachable(Exception exception) =>
        new(
            $"The model could not be reached: {Short(exception.GetBaseException().Message)} Check the network and ANTHROPIC_BASE_URL.",
            IsTransient: true
        );

    private static ModelTrouble OfStatus(HttpStatusCode status, string message) =>
        (int)status switch
        {
            401 => new("The model refused the key (401). Check ANTHROPIC_API_KEY.", IsTransient: false),
            404 => new(
                $"The model does not exist or may not be used (404): {Short(message)}. Check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL.",
                IsTransient: false
            ),
            429 => new("The model asks to slow down (429).", IsTransient: true),
            408 or 409 => new($"The model did not take the request ({(int)status}).", IsTransient: true),
            529 => new("The model is overloaded (529).", IsTransient: true),
            >= 500 => new($"The model failed ({(int)status}).", IsTransient: true),
            var code => new($"The model refused the request ({code}): {Short(message)}", IsTransient: false),
        };

    private static ModelTrouble OfStream(string message) =>
        message.Contains("overloaded", StringComparison.OrdinalIgnoreCase) ? OfStatus((HttpStatusCode)529, message)
        : message.Contains("invalid_request", StringComparison.OrdinalIgnoreCase)
            ? OfStatus(HttpStatusCode.BadRequest, message)
        : new($"The model failed in mid-answer: {Short(message)}", IsTransient: true, IsCut: true);

    private static string Short(string message) =>
        message.ReplaceLineEndings(" ") is { Length: > MaxDetail } text
            ? $"{text[..MaxDetail]}…"
            : message.ReplaceLineEndings(" ");
}
