using Behalf.Connectors.Document;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Connectors;

/// <summary>
/// Whoever may add a connector may not end the process: expressions are evaluated by recursion, and nothing catches a stack
/// that is used up.
/// </summary>
public sealed class ExpressionBoundTests
{
    /// <value>Less than any thread of the server has.</value>
    private const int Stack = 1024 * 1024;

    public static TheoryData<string, string, string, string> Nested =>
        new()
        {
            { "", "!", "args", "" },
            { "", "(", "args", ")" },
            { "", "[", "args", "]" },
            { "", "{a: ", "args", "}" },
            { "", "lower(", "args.text", ")" },
            { "args", ".a", "", "" },
            { "args", "||args", "", "" },
            { "args", "&&args", "", "" },
            { "args", "|args", "", "" },
            { "args", "[?a", "", "]" },
            { "args", "[*]", "", "" },
            { "`", "[", "", "]" },
        };

    [Theory]
    [MemberData(nameof(Nested))]
    public void Expression_IsRefused_WhenItNestsTooDeeply(string before, string open, string inner, string close)
    {
        Action reading = () => _ = Make(before, open, inner, close, 30_000);
        Action sparse = () => _ = Make(before, open, inner, close, 900);

        reading.Should().Throw<DefinitionFault>().WithMessage("an expression has at most*");
        sparse.Should().Throw<DefinitionFault>().WithMessage("an expression has at most*");
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public void Expression_WithinTheBound_IsEvaluatedOnASmallStack(
        string before,
        string open,
        string inner,
        string close
    )
    {
        int operators = open.Count("!.([{|&*".Contains) + (inner.Length > 4 ? 1 : 0);
        Exception? thrown = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    _ = Make(before, open, inner, close, 395 / operators)
                        .Evaluate(JToken.Parse("""{"args":{"text":"A","a":1}}"""));
                }
                catch (Exception exception) when (exception is DefinitionFault or ExpressionFailure)
                {
                    thrown = exception;
                }
            },
            Stack
        );

        thread.Start();
        thread.Join();

        (thrown?.Message ?? "").Should().NotContain("at most", "it is within the bound");
    }

    [Fact]
    public void Texts_AreNoOperators()
    {
        string texts = string.Concat(Enumerable.Repeat("'!!!!!!!!!!!!!!!!!!!!', ", 60));

        Action reading = () => _ = new Expression($"contains([{texts}'it\\'s ((('], args.text)", 1);

        reading.Should().NotThrow();
    }

    private static Expression Make(string before, string open, string inner, string close, int times) =>
        new(
            before
                + string.Concat(Enumerable.Repeat(open, times))
                + inner
                + string.Concat(Enumerable.Repeat(close, times))
                + (before == "`" ? "`" : ""),
            1
        );
}
