using System.Globalization;
using System.Text.Json;
using Behalf.Connections;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>An answer whose body could be read: JSON, or nothing.</summary>
internal sealed class ProviderAnswer
{
    private const int MaxDepth = 64;
    private const string Headers = "headers";

    private readonly IReadOnlyDictionary<string, string> _headers;
    private readonly RunScope.Word _statusWord;
    private readonly RunScope.Word _bodyWord;

    private ProviderAnswer(int status, IReadOnlyDictionary<string, string> headers, JToken? body)
    {
        Status = status;
        _headers = headers;
        _statusWord = new RunScope.Word("status", new JValue((long)status));
        _bodyWord = new RunScope.Word("body", body);
    }

    public int Status { get; }

    /// <returns>Null: a success whose body is not JSON. A refusal is read as far as it can be.</returns>
    public static ProviderAnswer? Read(UpstreamOutcome.Answered answered)
    {
        if (!answered.Body.AsSpan().ContainsAnyExcept(" \n\r\t"u8))
        {
            return new ProviderAnswer(answered.Status, answered.Headers, null);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                answered.Body,
                new JsonDocumentOptions { MaxDepth = MaxDepth }
            );
            return new ProviderAnswer(answered.Status, answered.Headers, Tokens.FromAnswer(document.RootElement));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair.
            return answered.Status is >= 200 and <= 299
                ? null
                : new ProviderAnswer(answered.Status, answered.Headers, null);
        }
    }

    /// <summary>Evaluates with <c>body</c>, <c>status</c> and <c>headers</c> (names in lower case) in the scope.</summary>
    public T With<T>(RunScope scope, Func<T> work) =>
        scope.With(
            Headers,
            new JObject(_headers.Select(header => new JProperty(header.Key.ToLowerInvariant(), header.Value))),
            () => WithoutHeaders(scope, work)
        );

    /// <inheritdoc cref="With{T}" />
    /// <param name="read">What is made of the value while it stands in the scope; null when there is none.</param>
    public T Ask<T>(Expression question, RunScope scope, Func<JToken?, T> read)
    {
        T Evaluate() => read(question.Evaluate(scope.Root));
        return MaySee(Headers, question) ? With(scope, Evaluate) : WithoutHeaders(scope, Evaluate);
    }

    /// <summary>The last question: the value is the caller's own, and no part of the answer any more.</summary>
    public JToken? Take(Expression question, RunScope scope)
    {
        JToken? value = Ask(
            question,
            scope,
            found => found is not null && IsInTheAnswer(found) ? found : found?.DeepClone()
        );
        if (value?.Parent is JProperty property)
        {
            property.Value = JValue.CreateNull();
        }
        else if (value?.Parent is not null)
        {
            value.Remove();
        }

        return value;
    }

    private bool IsInTheAnswer(JToken value) =>
        _bodyWord.Property is { } body && value.AncestorsAndSelf().Contains(body);

    /// <summary>By its name, however that is spelled, or as part of the whole scope.</summary>
    private static bool MaySee(string word, Expression question) =>
        question.Text.Contains(word, StringComparison.Ordinal) || question.Text.AsSpan().ContainsAny("\\@$*");

    private T WithoutHeaders<T>(RunScope scope, Func<T> work) =>
        scope.With(_statusWord, () => scope.With(_bodyWord, work));

    public TimeSpan? RetryAfter(TimeProvider time) => RetryAfter(_headers, time);

    /// <summary>RFC 9110 §10.2.3: seconds or a date; at most an hour is believed.</summary>
    public static TimeSpan? RetryAfter(IReadOnlyDictionary<string, string> headers, TimeProvider time)
    {
        string? text = headers
            .FirstOrDefault(header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase))
            .Value;
        TimeSpan? wait =
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out DateTimeOffset at) ? at - time.GetUtcNow()
            : null;
        return wait is { } value && value > TimeSpan.Zero
            ? value < TimeSpan.FromHours(1)
                ? value
                : TimeSpan.FromHours(1)
            : null;
    }
}
