using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf;

/// <summary>What a provider wants to know of the person before it goes on with a call: a form (MCP's elicitation).</summary>
/// <param name="Key">The provider's name of it.</param>
/// <param name="Message">For the person; says who asks.</param>
/// <param name="Schema">JSON Schema of an object of plain values.</param>
public sealed record Question(string Key, string Message, JsonObject Schema);

/// <summary>Questions a call ended with. It is made again with the answers, which come with <paramref name="State"/>.</summary>
/// <param name="State">Opaque; to be given back exactly as it is, for the same call of the same user.</param>
public sealed record PendingQuestions(IReadOnlyList<Question> Questions, string State);

/// <summary>What the person did with a form.</summary>
/// <param name="Content">As it was filled in; null: nothing was.</param>
public sealed record QuestionAnswer(string Action, JsonElement? Content = null)
{
    public const string Accept = "accept";
    public const string Decline = "decline";

    /// <value>The person did not choose: closed it, or did not answer in time.</value>
    public static QuestionAnswer Cancel { get; } = new("cancel");
}
