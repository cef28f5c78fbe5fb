using System.Text.Json.Nodes;

namespace Behalf.Client;

/// <summary>Something that happened to a connected account.</summary>
/// <param name="Type">Such as <c>connected_account.status_updated</c>.</param>
/// <param name="Data">Public facts, such as <c>identifier</c>, <c>status</c> and <c>reason</c>; never a token.</param>
public sealed record AccountEvent(string Id, string Type, DateTimeOffset OccurredAt, JsonObject Data);

/// <summary>Each given condition narrows; types widen one another.</summary>
public sealed record EventQuery
{
    public IReadOnlyList<string> Types { get; init; } = [];

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public string? ConnectionId { get; init; }

    public string? AccountId { get; init; }

    public string? OrganizationId { get; init; }
}
