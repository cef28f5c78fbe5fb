using System.Collections.Concurrent;
using DevLab.JmesPath.Expressions;
using DevLab.JmesPath.Interop;
using Newtonsoft.Json.Linq;
using JmesPathEngine = DevLab.JmesPath.JmesPath;

namespace Behalf.Connectors.Templates;

/// <summary>
/// One JMESPath expression of a definition, parsed at load. Safe to call concurrently: a parsed expression of the library
/// keeps its root (<c>$</c>) and its functions' context in itself, so each evaluation has one to itself, from a pool.
/// </summary>
internal sealed class Expression
{
    private const int MaxLength = 8_000;

    /// <summary>
    /// The library evaluates by recursion, and each of these characters can be a level of it: more of them would end the
    /// process with its stack, which nothing can catch.
    /// </summary>
    private const int MaxOperators = 400;

    private const string Operators = "!.([{|&*";
    private const int MaxPooled = 16;
    private const int MaxShared = 20_000;

    /// <summary>By text: definitions say the same small things many times over, and parsing is what takes time.</summary>
    private static readonly ConcurrentDictionary<string, ConcurrentBag<JmesPathExpression>> Shared = new(
        StringComparer.Ordinal
    );

    private readonly ConcurrentBag<JmesPathExpression> _idle;

    /// <exception cref="Document.DefinitionFault">Not an expression, or a function that does not exist.</exception>
    public Expression(string text, int line)
    {
        Text = text;
        Line = line;
        if (text.Length > MaxLength || CountOperators(text) > MaxOperators)
        {
            throw new Document.DefinitionFault(
                line,
                $"an expression has at most {MaxLength} characters and {MaxOperators} operators"
            );
        }

        if (Shared.TryGetValue(text, out ConcurrentBag<JmesPathExpression>? parsed))
        {
            _idle = parsed;
            return;
        }

        _idle = [];
        try
        {
            _idle.Add(Parse());
        }
#pragma warning disable CA1031 // the library throws System.Exception itself
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new Document.DefinitionFault(line, $"'{text}' is not a JMESPath expression: {exception.Message}");
        }

        if (Shared.Count < MaxShared)
        {
            _idle = Shared.GetOrAdd(text, _idle);
        }
    }

    public string Text { get; }

    public int Line { get; }

    /// <returns>The value, which may stand inside <paramref name="root"/> (adding it elsewhere copies it); null for JSON null.</returns>
    /// <exception cref="ExpressionFailure">The data does not fit the expression.</exception>
    public JToken? Evaluate(JToken root)
    {
        JmesPathExpression expression = _idle.TryTake(out JmesPathExpression? idle) ? idle : Parse();
        try
        {
            JToken value = expression.Transform(root).AsJToken();
            if (_idle.Count < MaxPooled)
            {
                // One that threw may leave scopes behind: only one that ended well is used again.
                _idle.Add(expression);
            }

            return value.Type == JTokenType.Null ? null : value;
        }
#pragma warning disable CA1031 // the library throws System.Exception itself
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // The library's own messages name types and functions; a framework's may hold the data.
            string reason = exception.Message.StartsWith("Error: ", StringComparison.Ordinal)
                ? exception.Message
                : exception.GetType().Name;
            throw new ExpressionFailure($"line {Line}: '{Text}': {reason}");
        }
    }

    /// <summary>Outside of what is quoted; a quotation that does not end counts like the rest.</summary>
    private static int CountOperators(string text)
    {
        int count = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] is var quote and ('\'' or '`' or '"') && EndOfQuote(text, at, quote) is { } end)
            {
                // A literal is JSON: its brackets nest, too.
                count += quote == '`' ? text[at..end].Count(c => c is '[' or '{') : 0;
                at = end;
            }
            else if (Operators.Contains(text[at], StringComparison.Ordinal))
            {
                count++;
            }
        }

        return count;
    }

    private static int? EndOfQuote(string text, int start, char quote)
    {
        for (int at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == quote)
            {
                return at;
            }
        }

        return null;
    }

    private JmesPathExpression Parse()
    {
        JmesPathEngine engine = new();
        ExpressionFunctions.Register(engine.FunctionRepository);
        JmesPathExpression parsed = engine.Parse(Text);
        parsed.Accept(LiteralOwner.Instance);
        return parsed;
    }

    /// <summary>Gives each literal a parent of its own, so that adding it to a result always adds a copy.</summary>
    private sealed class LiteralOwner : IVisitor
    {
        public static LiteralOwner Instance { get; } = new();

        public void Visit(JmesPathExpression expression)
        {
            if (expression is JmesPathLiteral { Value: { Parent: null } value })
            {
                _ = new JArray(value);
            }
        }
    }
}

/// <summary>An expression that met data it cannot work on; a fault of the definition or an answer of an unexpected shape.</summary>
internal sealed class ExpressionFailure(string message) : Exception(message);
