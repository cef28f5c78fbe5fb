using Behalf.Wire.Explanations;

namespace Behalf.Client;

internal static class ExplanationReading
{
    public static ToolExplanation Read(ExplainResponse answer) =>
        new(
            answer.Verdict,
            answer.ToolName,
            answer.Connector,
            [
                .. answer.Checks.Select(check => new ToolCheck(check.Check, check.Verdict, check.Code, check.Message)
                {
                    KnownAt = check.KnownAt?.ToDateTimeOffset(),
                }),
            ]
        )
        {
            At = answer.ExplainedAt.ToDateTimeOffset(),
        };
}
