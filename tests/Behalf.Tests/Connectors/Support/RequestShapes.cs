using System.Text.RegularExpressions;
using Behalf.Connectors;
using Behalf.Connectors.Steps;

namespace Behalf.Tests.Connectors.Support;

/// <summary>The requests that a definition can make at all: operation, method and the path with its slots.</summary>
internal sealed class RequestShapes
{
    private readonly List<(string Operation, HttpMethod Method, Regex Path)> _shapes;

    public RequestShapes(ConnectorDefinition definition) =>
        _shapes = [
            .. definition
                .Tools.Select(tool => tool.Procedure)
                .Concat(definition.Procedures.Values)
                .SelectMany(procedure => Requests(procedure.Compiled.Steps))
                .Select(step => (step.Operation, step.Method, Pattern(step.Path.Text))),
        ];

    public bool Has(string operation, HttpMethod method, string path) =>
        _shapes.Any(shape => shape.Operation == operation && shape.Method == method && shape.Path.IsMatch(path));

    private static Regex Pattern(string template) =>
        new(
            $"^{Regex.Replace(Regex.Escape(template), @"\\\{[a-z0-9_]+\}", "[^/?#\\\\]+")}$",
            RegexOptions.CultureInvariant
        );

    private static IEnumerable<RequestStep> Requests(IEnumerable<Step> steps) =>
        steps.SelectMany(step => Below(step).SelectMany(Requests).Concat(step is RequestStep request ? [request] : []));

    private static IEnumerable<IReadOnlyList<Step>> Below(Step step)
    {
        if (step.Fallback is { } fallback)
        {
            yield return fallback.Steps;
        }

        switch (step)
        {
            case RequestStep { Reconcile: { } reconcile }:
                yield return reconcile.Steps;
                break;
            case ForEachStep each:
                yield return each.Steps;
                break;
            case GroupStep group:
                yield return group.Steps;
                break;
            case LookupStep lookup:
                if (lookup.ById is { } byId)
                {
                    yield return byId.Compiled.Steps;
                }

                foreach (LookupSource source in lookup.Candidates)
                {
                    yield return source.Steps;
                    if (source.Fallback is { } other)
                    {
                        yield return other.Steps;
                    }
                }

                break;
        }
    }
}
