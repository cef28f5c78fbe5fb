using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>Steps and result, parsed: what the Tools room runs.</summary>
internal sealed record CompiledProcedure(IReadOnlyList<Step> Steps, Template? Result);

/// <summary>How a tool gives pages.</summary>
/// <param name="Next">Over the scope after the steps: the provider's position of the next page, null at the end.</param>
internal sealed record PageRule(Expression Next);

internal enum RetryClass
{
    /// <summary>Nothing is repeated.</summary>
    Never = 1,

    /// <summary>A read (or a write the provider rejects before taking effect) is repeated once after a short 429 or 503.</summary>
    Rejected = 2,
}
