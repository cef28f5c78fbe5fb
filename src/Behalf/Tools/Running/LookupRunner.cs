using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>Finds the one object that is meant, among those this user sees.</summary>
internal sealed class LookupRunner(RunContext context, StepRunner steps)
{
    private const int MaxListed = 10;
    private const int LongestNumericName = 8;

    public async Task RunAsync(LookupStep lookup, RunScope scope, CancellationToken cancellationToken)
    {
        string given = lookup.Of.Evaluate(scope.Root) is { } token ? Tokens.TextOf(token)?.Trim() ?? "" : "";
        if (given.Length == 0)
        {
            throw context.Fault(FaultKinds.InvalidInput, $"{lookup.Kind}: must not be empty.");
        }

        JToken found = await scope.WithAsync(
            "lookup",
            new JObject { ["text"] = given },
            () => FindAsync(lookup, given, scope, cancellationToken)
        );
        scope.Save(lookup.Save, found);
    }

    private async Task<JToken> FindAsync(
        LookupStep lookup,
        string given,
        RunScope scope,
        CancellationToken cancellationToken
    )
    {
        if (IdOf(lookup, given, scope) is { } id)
        {
            // A few digits may also be a name ("2026"): if nothing has that number the names are asked.
            bool mayBeName =
                lookup.Candidates.Count > 0
                && id == given
                && given.Length <= LongestNumericName
                && given.All(char.IsAsciiDigit);
            try
            {
                return await ReadAsync(lookup, id, given, scope, cancellationToken);
            }
            catch (ToolFault fault) when (fault.Kind == FaultKinds.NotFound)
            {
                if (!mayBeName)
                {
                    throw NotFound(lookup, given, scope);
                }
            }
        }

        return await ByNameAsync(lookup, given, scope, cancellationToken);
    }

    private static string? IdOf(LookupStep lookup, string given, RunScope scope) =>
        scope.With(
            "text",
            new JValue(given),
            () =>
                lookup
                    .Ids.Select(pattern => pattern.Evaluate(scope.Root))
                    .OfType<JValue>()
                    .Select(value => value.Value as string)
                    .FirstOrDefault(id => !string.IsNullOrEmpty(id))
        );

    private async Task<JToken> ReadAsync(
        LookupStep lookup,
        string id,
        string given,
        RunScope scope,
        CancellationToken cancellationToken
    )
    {
        if (lookup.ById is not { } byId)
        {
            return new JObject
            {
                ["id"] = id,
                ["gid"] = id,
                ["name"] = given,
            };
        }

        JToken? read = await scope.WithAsync(
            "lookup",
            new JObject { ["text"] = given, ["id"] = id },
            () => steps.RunAsync(byId.Compiled, scope, cancellationToken)
        );
        return read ?? throw context.Fault(FaultKinds.NotFound);
    }

    private async Task<JToken> ByNameAsync(
        LookupStep lookup,
        string given,
        RunScope scope,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, JToken> seen = new(StringComparer.Ordinal);
        bool asked = false;
        foreach (LookupSource source in lookup.Candidates)
        {
            if (source.When is { } when && !Tokens.IsTrue(when.Evaluate(scope.Root)))
            {
                continue;
            }

            asked = true;
            await steps.RecoverAsync(
                source.Fallback,
                scope,
                () => CollectAsync(source, lookup, seen, scope, cancellationToken),
                cancellationToken
            );
            if (Best(lookup, seen.Values, given) is (NameRank.Exact, { } exact))
            {
                return Only(lookup, given, exact);
            }
        }

        if (!asked)
        {
            throw context.Fault(
                FaultKinds.ScopeMissing,
                $"The user's grant does not allow finding a {lookup.Kind} by name; give its number or URL."
            );
        }

        return Best(lookup, seen.Values, given) is (_, { Count: > 0 } best)
            ? Only(lookup, given, best)
            : throw NotFound(lookup, given, scope);
    }

    private async Task CollectAsync(
        LookupSource source,
        LookupStep lookup,
        Dictionary<string, JToken> seen,
        RunScope scope,
        CancellationToken cancellationToken
    )
    {
        await steps.RunAsync(source.Steps, scope, cancellationToken);
        if (source.Items.Evaluate(scope.Root) is not JArray items)
        {
            return;
        }

        foreach (JToken item in items)
        {
            if (lookup.Id.Evaluate(item) is { } id && Tokens.TextOf(id) is { } key)
            {
                seen.TryAdd(key, item);
            }
        }
    }

    private enum NameRank
    {
        Exact = 1,
        Prefix = 2,
        Contains = 3,
        None = 4,
    }

    private static (NameRank Rank, List<JToken> Items) Best(LookupStep lookup, IEnumerable<JToken> items, string given)
    {
        var ranked = items.Select(item => (Item: item, Rank: RankOf(lookup, item, given))).ToList();
        NameRank best = ranked.Count == 0 ? NameRank.None : ranked.Min(one => one.Rank);
        return best == NameRank.None
            ? (best, [])
            : (best, [.. ranked.Where(one => one.Rank == best).Select(one => one.Item)]);
    }

    private static NameRank RankOf(LookupStep lookup, JToken item, string given)
    {
        IEnumerable<JToken> names = lookup.Name.Evaluate(item) is { } name ? [name] : [];
        if (lookup.Aliases?.Evaluate(item) is JArray aliases)
        {
            names = names.Concat(aliases);
        }

        return names
            .Select(Tokens.TextOf)
            .OfType<string>()
            .Select(text => text.Trim())
            .Select(text =>
                text.Equals(given, StringComparison.OrdinalIgnoreCase) ? NameRank.Exact
                : text.StartsWith(given, StringComparison.OrdinalIgnoreCase) ? NameRank.Prefix
                : text.Contains(given, StringComparison.OrdinalIgnoreCase) ? NameRank.Contains
                : NameRank.None
            )
            .DefaultIfEmpty(NameRank.None)
            .Min();
    }

    private JToken Only(LookupStep lookup, string given, List<JToken> best)
    {
        if (best is [var only])
        {
            return only.DeepClone();
        }

        IEnumerable<string> listed = best.Take(MaxListed)
            .Select(item => $"{LabelOf(lookup, item)} {IdOf(lookup, item)}");
        string more = best.Count > MaxListed ? $" and {best.Count - MaxListed} more" : "";
        throw context.Fault(
            FaultKinds.Ambiguous,
            $"{best.Count} {lookup.Plural} fit \"{Shown(given)}\": {string.Join(", ", listed)}{more}. Call again with the number."
        );
    }

    private static string LabelOf(LookupStep lookup, JToken item) =>
        Shown(((lookup.Label ?? lookup.Name).Evaluate(item) is { } label ? Tokens.TextOf(label) : null) ?? "(no name)");

    private static string IdOf(LookupStep lookup, JToken item) =>
        lookup.Id.Evaluate(item) is { } id ? Tokens.TextOf(id) ?? "" : "";

    private ToolFault NotFound(LookupStep lookup, string given, RunScope scope)
    {
        string place =
            lookup.Where?.Evaluate(scope.Root) is { } where && Tokens.TextOf(where) is { } text
                ? text
                : context.Definition.Name;
        return context.Fault(
            FaultKinds.NotFound,
            $"No {lookup.Kind} \"{Shown(given)}\" was found in {place}, or this user does not have access to it."
        );
    }

    private static string Shown(string text) => PlainText.Cut(PlainText.Clean(text).ReplaceLineEndings(" "), 120);
}
