using System.Net.Http.Headers;
using System.Text;
using Behalf.Connections;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>Makes a request from its step. Every value goes through a structured writer; none can become structure.</summary>
internal sealed class RequestWriter(RunContext context, RequestStep step)
{
    private const int MaxHeaderLength = 1000;

    /// <param name="position">The position of a further page.</param>
    public UpstreamRequest Write(RunScope scope, JToken? position)
    {
        if (!step.Path.TryExpand(scope.Root, out string? path, out string? slot))
        {
            throw context.Fault(
                FaultKinds.InvalidInput,
                $"{slot}: the value cannot be the number or key of a thing in {context.Definition.Name}."
            );
        }

        List<KeyValuePair<string, string>> query = [.. Pairs(step.Query, scope), .. Family(scope)];
        if (position is not null && Tokens.TextOf(position) is { } offset)
        {
            query.RemoveAll(pair => pair.Key == context.Definition.Rules.PageParameter);
            query.Add(new(context.Definition.Rules.PageParameter, offset));
        }

        return new UpstreamRequest
        {
            Operation = step.Operation,
            Method = step.Method,
            Path = path,
            Query = query,
            Headers = Headers(scope),
            Content = Content(scope),
            Writes = step.Writes,
        };
    }

    private List<KeyValuePair<string, string>> Headers(RunScope scope)
    {
        List<KeyValuePair<string, string>> headers = [];
        foreach ((string name, Template template) in context.Definition.Rules.Headers.Concat(step.Headers))
        {
            if (template.Evaluate(scope.Root) is not { } token)
            {
                continue;
            }

            string? value = Tokens.TextOf(token);
            if (value is null or { Length: > MaxHeaderLength } || value.Any(c => c is < ' ' or > '~'))
            {
                throw context.Fault(FaultKinds.InvalidInput, $"The value for {name} holds characters it may not hold.");
            }

            headers.Add(new(name, value));
        }

        return headers;
    }

    private List<KeyValuePair<string, string>> Family(RunScope scope)
    {
        if (step.QueryEach is not { } family || family.Of.Evaluate(scope.Root) is not JObject members)
        {
            return [];
        }

        List<KeyValuePair<string, string>> pairs = Pairs(members);
        return pairs.TrueForAll(pair => QueryFamily.IsKey(pair.Key))
            ? pairs.ConvertAll(pair => new KeyValuePair<string, string>(
                family.Before + pair.Key + family.After,
                pair.Value
            ))
            : throw new ExpressionFailure("a name of 'query_each' holds more than letters, digits, _ and -");
    }

    /// <summary>A list repeats its name; anything else that is not a scalar is a fault of the definition.</summary>
    private static List<KeyValuePair<string, string>> Pairs(Template? template, RunScope scope) =>
        template?.Evaluate(scope.Root) is JObject map ? Pairs(map) : [];

    private static List<KeyValuePair<string, string>> Pairs(JObject map)
    {
        List<KeyValuePair<string, string>> pairs = [];
        foreach (JProperty property in map.Properties())
        {
            foreach (JToken value in property.Value is JArray list ? list.AsEnumerable() : [property.Value])
            {
                pairs.Add(
                    new(
                        property.Name,
                        Tokens.TextOf(value) ?? throw new ExpressionFailure($"'{property.Name}' is not a scalar")
                    )
                );
            }
        }

        return pairs;
    }

    private Func<HttpContent>? Content(RunScope scope)
    {
        switch (step.Body)
        {
            case null:
                return null;
            case RequestBody.Json json:
                byte[] bytes = Tokens.ToUtf8(json.Tree.Evaluate(scope.Root) ?? new JObject());
                return () =>
                    new ByteArrayContent(bytes)
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("application/json", "utf-8") },
                    };
            case RequestBody.Form form:
                List<KeyValuePair<string, string>> pairs = Pairs(form.Fields, scope);
                return () => new FormUrlEncodedContent(pairs);
            case RequestBody.Multipart multipart:
                List<Part> parts = [.. multipart.Parts.Select(part => PartOf(part, scope)).OfType<Part>()];
                return () => MultipartOf(parts);
            default:
                throw new InvalidOperationException($"There is no writer for {step.Body.GetType().Name}.");
        }
    }

    private sealed record Part(string Name, byte[] Bytes, string? FileName, string? ContentType);

    private static Part? PartOf(BodyPart part, RunScope scope)
    {
        if (part.Value is not null)
        {
            return part.Value.Evaluate(scope.Root) is { } value
                ? new Part(
                    part.Name,
                    Encoding.UTF8.GetBytes(
                        Tokens.TextOf(value) ?? throw new ExpressionFailure($"the part '{part.Name}' is not a scalar")
                    ),
                    null,
                    null
                )
                : null;
        }

        return part.File!.Evaluate(scope.Root) switch
        {
            null => null,
            JValue { Value: byte[] bytes } => new Part(
                part.Name,
                bytes,
                FileNameOf(TextOf(part.FileName, scope)),
                TextOf(part.ContentType, scope)
            ),
            _ => throw new ExpressionFailure($"the part '{part.Name}' is not a file"),
        };
    }

    private static string? TextOf(Template? template, RunScope scope) =>
        template?.Evaluate(scope.Root) is { } token ? Tokens.TextOf(token) : null;

    /// <summary>A name, never a path, and nothing that a header would act on.</summary>
    private static string FileNameOf(string? name)
    {
        string clean = string.Concat(
            PlainText.Clean(name ?? "").Where(c => c is not ('/' or '\\' or '"' or '\n' or '\t' or ':'))
        );
        clean = PlainText.Cut(clean, 200).Trim('.', ' ');
        return clean.Length == 0 ? "file" : clean;
    }

    private static MultipartFormDataContent MultipartOf(IReadOnlyList<Part> parts)
    {
        MultipartFormDataContent content = new();
        foreach (Part part in parts)
        {
            ByteArrayContent body = new(part.Bytes);
            body.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data")
            {
                Name = $"\"{part.Name}\"",
            };
            if (part.FileName is { } fileName)
            {
                body.Headers.ContentDisposition.FileName = fileName;
                body.Headers.ContentType = MediaTypeHeaderValue.TryParse(part.ContentType, out var type)
                    ? type
                    : new MediaTypeHeaderValue("application/octet-stream");
            }

            content.Add(body);
        }

        return content;
    }
}
