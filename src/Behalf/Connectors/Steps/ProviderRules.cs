using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>What holds for every request of a connector.</summary>
internal sealed record ProviderRules
{
    public static ProviderRules Default { get; } =
        new()
        {
            Select = new Expression("body", 0),
            Next = null,
            Items = new Expression("@", 0),
        };

    public required Expression Select { get; init; }

    /// <value>Over <c>body</c>: the position of the next page, null when there is none.</value>
    public required Expression? Next { get; init; }

    /// <value>Over what was selected: the list that pages are joined by.</value>
    public required Expression Items { get; init; }

    /// <value>The query parameter that takes the position.</value>
    public string PageParameter { get; init; } = "page";

    public IReadOnlyList<(string Name, Template Value)> Headers { get; init; } = [];

    /// <value>Over <c>body</c>: the provider's own words, used where a rule allows it.</value>
    public Expression? ProviderMessage { get; init; }

    /// <value>Over <c>body</c> of a 2xx answer: true when it is a refusal all the same; null: never.</value>
    public Expression? Failed { get; init; }

    /// <value>Over <c>body</c> of a 2xx answer: true when the credential was refused, as a 401 says; null: never.</value>
    public Expression? Rejected { get; init; }

    public IReadOnlyList<ErrorRule> Errors { get; init; } = [];
}

/// <summary>A status (and words) of the provider and what they mean in the fixed vocabulary.</summary>
internal sealed record ErrorRule
{
    /// <value>Exact, or its hundred: 5 means 500–599.</value>
    public required IReadOnlyList<int> Statuses { get; init; }

    /// <value>Over the provider's message; null: any.</value>
    public TextPattern? Matches { get; init; }

    /// <value>One of <see cref="FaultKinds"/>, or null: not an error, the step goes on with nothing saved.</value>
    public required string? Kind { get; init; }

    /// <value>One sentence; null: the kind's own.</value>
    public Template? Message { get; init; }

    /// <value>True: the provider's message is added, bounded and neutralised.</value>
    public bool Quote { get; init; }

    public bool Covers(int status, string message) =>
        Statuses.Any(one => one == status || (one < 10 && one == status / 100)) && Matches?.IsMatch(message) != false;
}

/// <summary>The fixed vocabulary of what went wrong with a call, as a model reads it.</summary>
public static class FaultKinds
{
    public const string NotFound = "not_found_or_no_access";
    public const string NoPermission = "no_permission";
    public const string ScopeMissing = "scope_missing";
    public const string PlanRequired = "plan_required";
    public const string RateLimited = "rate_limited";
    public const string InvalidInput = "invalid_input";
    public const string ReconnectRequired = "reconnect_required";
    public const string ProviderError = "provider_error";
    public const string OutcomeUnknown = "outcome_unknown";
    public const string Ambiguous = "ambiguous";

    /// <value>Found out here, never by a definition: the credential was renewed and the new one is refused as well.</value>
    public const string AppBlocked = "app_blocked";

    public static IReadOnlyList<string> All { get; } =
    [
        NotFound,
        NoPermission,
        ScopeMissing,
        PlanRequired,
        RateLimited,
        InvalidInput,
        ReconnectRequired,
        ProviderError,
        OutcomeUnknown,
        Ambiguous,
    ];

    /// <summary>The kinds after which a definition may try something else; the others always end the call.</summary>
    public static IReadOnlyList<string> Recoverable { get; } =
    [NotFound, NoPermission, ScopeMissing, PlanRequired, InvalidInput, ProviderError, Ambiguous];
}
