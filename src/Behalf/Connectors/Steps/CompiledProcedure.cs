using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>Steps and result, parsed: what the Tools room runs.</summary>
internal sealed record CompiledProcedure(IReadOnlyList<Step> Steps, Template? Result);

/// <summary>How a tool gives pages.</summary>
/// <param name="Next">Over the scope after the steps: the provider's position of the next page, null at the end.</param>
internal sealed record PageRule(Expression Next);

/// <summary>Requests that a tool's arguments hold for the provider to carry out, such as those of a batch.</summary>
/// <param name="Of">Over <c>args</c>: the list of them.</param>
/// <param name="Method">The property of each that is its method, in any letters' case.</param>
/// <param name="Path">The property of each that is its path, below <c>requests.base_path</c>.</param>
internal sealed record CarriedRequests(Expression Of, string Method, string Path);

internal enum RetryClass
{
    /// <summary>Nothing is repeated.</summary>
    Never = 1,

    /// <summary>A read (or a write the provider rejects before taking effect) is repeated once after a short 429 or 503.</summary>
    Rejected = 2,
}
