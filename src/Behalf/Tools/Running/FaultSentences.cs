using Behalf.Connectors;
using Behalf.Connectors.Steps;

namespace Behalf.Tools.Running;

/// <summary>One sentence for each kind, for a model and the person behind it; never the provider's raw body.</summary>
internal static class FaultSentences
{
    private const int MaxQuote = 300;

    public static string For(string kind, string provider, int status, TimeSpan? retryAfter) =>
        kind switch
        {
            FaultKinds.NotFound => $"Not found, or this user does not have access to it in {provider}.",
            FaultKinds.NoPermission => $"This user's role in {provider} does not permit it.",
            FaultKinds.ScopeMissing =>
                $"The user's grant does not cover this; the user can reconnect {provider} with more scopes.",
            FaultKinds.PlanRequired => $"{provider} offers this only on a higher plan.",
            FaultKinds.RateLimited =>
                $"{provider} limits how often this user may call; try again in {Math.Ceiling((retryAfter ?? TimeSpan.FromSeconds(1)).TotalSeconds)} s.",
            FaultKinds.InvalidInput => $"{provider} refused the input.",
            FaultKinds.ReconnectRequired =>
                $"The user's {provider} connection no longer works and must be reconnected.",
            FaultKinds.AppBlocked =>
                $"{provider} renews the user's credential and refuses it here all the same: the application is not allowed in this place. An administrator in {provider} can allow it; reconnecting does not help.",
            FaultKinds.OutcomeUnknown => Unknown(provider),
            FaultKinds.Ambiguous => "Several things fit; call again with the number of the one that is meant.",
            _ => $"{provider} could not do this now (status {status}).",
        };

    public static string Unknown(string provider) =>
        $"{provider} did not confirm the change: it may or may not have been made. Look before repeating it.";

    /// <summary>The provider's own words: bounded, without control or formatting characters, in quotation marks.</summary>
    public static string Quote(string sentence, ConnectorDefinition definition, string words)
    {
        string clean = PlainText.Clean(words).ReplaceLineEndings(" ").Trim();
        if (clean.Length == 0)
        {
            return sentence;
        }

        string cut = clean.Length > MaxQuote ? $"{PlainText.Cut(clean, MaxQuote)}…" : clean;
        return $"{sentence} {definition.Name} says: \"{cut.Replace('"', '\'')}\"";
    }
}
