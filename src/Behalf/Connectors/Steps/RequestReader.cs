using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>Reads one request step.</summary>
internal sealed partial class RequestReader(StepReader steps, ProviderRules rules, string basePath)
{
    private static readonly Dictionary<string, HttpMethod> Methods = new(StringComparer.Ordinal)
    {
        ["GET"] = HttpMethod.Get,
        ["POST"] = HttpMethod.Post,
        ["PUT"] = HttpMethod.Put,
        ["PATCH"] = HttpMethod.Patch,
        ["DELETE"] = HttpMethod.Delete,
    };

    /// <summary>Egress and the connection set these; a definition that could would choose the user or the host.</summary>
    private static readonly string[] ReservedHeaders =
    [
        "authorization",
        "proxy-authorization",
        "cookie",
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    ];

    public RequestStep Read(Fields fields)
    {
        HttpMethod method = fields.Choice("method", HttpMethod.Get, Methods);
        bool writes = fields.Flag("writes", otherwise: method != HttpMethod.Get);
        if (!writes && method != HttpMethod.Get && method != HttpMethod.Post)
        {
            throw new DefinitionFault(fields.Line, $"a {method} request writes");
        }

        int pages = fields.Number("pages", 1, 1, 50);
        if (pages > 1 && (rules.Next is null || method != HttpMethod.Get))
        {
            throw new DefinitionFault(
                fields.Line,
                "only a GET is read page by page, and only if 'requests.pages' says how"
            );
        }

        RequestStep step = new()
        {
            Line = fields.Line,
            Operation = fields.Text("request"),
            Method = method,
            Path = PathTemplate.Read(basePath, fields.Required("path"), fields.Entries("slots")),
            Query = fields.Optional("query") is { } query ? Tree(query, "query") : null,
            QueryEach = fields.Optional("query_each") is { } family ? Family(family) : null,
            Headers = Headers(fields.Entries("headers")),
            Body = Body(fields),
            Writes = writes,
            Select = fields.Optional("select") is { } select ? Template.ReadExpression(select, "select") : rules.Select,
            Save = StepReader.Variable(fields, "save"),
            SaveNext = StepReader.Variable(fields, "save_next"),
            Pages = pages,
            On = [.. fields.Items("on").Select(ErrorRuleReader.Read)],
            Reconcile = Reconcile(fields),
        };
        return step.Method == HttpMethod.Get && step.Body is not null
            ? throw new DefinitionFault(fields.Line, "a GET request has no body")
            : step;
    }

    private RequestBody? Body(Fields fields)
    {
        List<RequestBody> bodies = [];
        if (fields.Optional("json") is { } json)
        {
            bodies.Add(new RequestBody.Json(Template.Read(json)));
        }

        if (fields.Optional("form") is { } form)
        {
            bodies.Add(new RequestBody.Form(Tree(form, "form")));
        }

        if (fields.Items("multipart") is { Count: > 0 } parts)
        {
            bodies.Add(new RequestBody.Multipart([.. parts.Select(Part)]));
        }

        return bodies.Count > 1
            ? throw new DefinitionFault(fields.Line, "a request has one body: json, form or multipart")
            : bodies.FirstOrDefault();
    }

    private static BodyPart Part(DocumentNode node)
    {
        Fields fields = new(node, "a part");
        BodyPart part = new(
            fields.Text("name"),
            fields.Optional("value") is { } value ? Template.Read(value) : null,
            fields.Optional("file") is { } file ? Template.ReadExpression(file, "file") : null,
            fields.Optional("file_name") is { } name ? Template.Read(name) : null,
            fields.Optional("content_type") is { } type ? Template.Read(type) : null
        );
        fields.End();
        return part.Value is null == part.File is null || !PartName().IsMatch(part.Name)
            ? throw new DefinitionFault(node.Line, "a part has a plain name and either a value or a file")
            : part;
    }

    private Reconcile? Reconcile(Fields fields)
    {
        if (fields.Optional("reconcile") is not { } node)
        {
            return null;
        }

        Fields inner = new(node, "reconcile");
        Reconcile reconcile = new(
            steps.Read(inner.Items("steps")),
            Template.ReadExpression(inner.Required("found"), "found")
        );
        inner.End();
        return reconcile.Steps.Any(step => step is RequestStep { Writes: true })
            ? throw new DefinitionFault(node.Line, "reconcile only reads")
            : reconcile;
    }

    private static QueryFamily Family(DocumentNode node)
    {
        Fields fields = new(node, "query_each");
        Match name = FamilyName().Match(fields.Text("name"));
        QueryFamily family = new(
            name.Groups["before"].Value,
            name.Groups["after"].Value,
            Template.ReadExpression(fields.Required("of"), "of")
        );
        fields.End();
        return name.Success
            ? family
            : throw new DefinitionFault(node.Line, "a name of 'query_each' is literal but for one {key}");
    }

    /// <summary>Names are literal: neither a query nor a form ever takes a whole name from data.</summary>
    private static Template Tree(DocumentNode node, string key) =>
        node is MappingNode { Entries: var entries } && entries.All(entry => entry.Key is not ['$', ..])
            ? Template.Read(node)
            : throw new DefinitionFault(node.Line, $"'{key}' is a mapping of literal names");

    public static IReadOnlyList<(string, Template)> Headers(IReadOnlyList<MappingEntry> entries) =>
        [
            .. entries.Select(entry =>
                MaySet(entry.Key)
                    ? (entry.Key, Template.Read(entry.Value))
                    : throw new DefinitionFault(entry.Line, $"'{entry.Key}' is not a header a definition may set")
            ),
        ];

    /// <summary>Whether a definition may name the header at all.</summary>
    public static bool MaySet(string header) =>
        HeaderName().IsMatch(header) && !ReservedHeaders.Contains(header, StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(
        "^(?<before>[A-Za-z0-9._-]{1,64})\\{key\\}(?<after>[A-Za-z0-9._-]{0,64})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex FamilyName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9-]{0,63}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex HeaderName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PartName();
}
