using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Behalf.Tests.Vault;

/// <summary>A secret is read by a named call and by nothing else: whatever turns values into text gets no letter of it.</summary>
public sealed class SecretTests
{
    private const string Value = "sk-4711-marble-sparrow";

    /// <summary>The same bytes as any serialiser would write them.</summary>
    private static readonly string[] Forms =
    [
        Value,
        Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Value)),
        Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Value)),
        string.Join(',', System.Text.Encoding.UTF8.GetBytes(Value)),
    ];

    [Fact]
    public void NamedCallsGiveIt()
    {
        using Secret secret = Secret.FromText(Value);

        secret.RevealText().Should().Be(Value);
        secret.Length.Should().Be(Value.Length);
    }

    [Fact]
    public void TextFormsHideIt()
    {
        using Secret secret = Secret.FromText(Value);

        Hides(secret.ToString());
        Hides($"{secret}");
        Hides(string.Create(CultureInfo.InvariantCulture, $"{secret, 40}"));
        Hides(string.Format(CultureInfo.InvariantCulture, "{0}", secret));
        Hides("" + secret);
        Hides(string.Join(", ", secret, secret));
        Hides(new { Token = secret }.ToString()!);
        Hides(new Holder(secret).ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JsonHidesIt(bool withFields)
    {
        using Secret secret = Secret.FromText(Value);
        JsonSerializerOptions options = new()
        {
            IncludeFields = withFields,
            UnknownTypeHandling = JsonUnknownTypeHandling.JsonNode,
        };

        Hides(JsonSerializer.Serialize(secret, options));
        Hides(JsonSerializer.Serialize<object>(secret, options));
        Hides(JsonSerializer.Serialize(new Holder(secret), options));
        Hides(JsonSerializer.Serialize(new Dictionary<string, object> { ["token"] = secret }, options));
    }

    [Fact]
    public void LogsHideIt()
    {
        using Secret secret = Secret.FromText(Value);
        List<string> lines = [];
        using ILoggerFactory factory = LoggerFactory.Create(builder =>
            builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(lines))
        );
        ILogger logger = factory.CreateLogger("test");

#pragma warning disable CA1848, CA2254, CA1873 // how people log in a hurry
        logger.LogWarning("the token is {Token}", secret);
        logger.LogWarning("the token is {@Token}", new Holder(secret));
        logger.LogWarning(new InvalidOperationException($"with {secret}"), $"the token is {secret}");
#pragma warning restore CA1848, CA2254, CA1873

        lines.Should().HaveCount(3);
        lines.Should().AllSatisfy(Hides);
    }

    [Fact]
    public void NothingIsLeftOfIt_OnceItIsDisposed()
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(Value);
        Secret secret = Secret.Own(bytes);

        secret.Dispose();

        bytes.Should().OnlyContain(one => one == 0);
        FluentActions.Invoking(() => secret.RevealText()).Should().Throw<ObjectDisposedException>();
    }

    private static void Hides(string text)
    {
        foreach (string form in Forms)
        {
            text.Should().NotContain(form);
        }
    }

    private sealed record Holder(Secret Token);

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        /// <summary>As a structured sink does: the text and each value by itself.</summary>
        public void Log<TState>(
            LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) =>
            lines.Add(
                $"{formatter(state, exception)} {exception} {JsonSerializer.Serialize(((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(one => one.Key, one => one.Value))}"
            );

        public void Dispose() { }
    }
}
