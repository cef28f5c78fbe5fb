using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Behalf.Connections;

namespace Behalf.Tools.Fixtures;

/// <summary>A provider made of recorded exchanges. What is asked beyond them gets no answer and is noted.</summary>
internal sealed class RecordedUpstream(JsonArray exchanges) : IUpstream
{
    private readonly List<string> _faults = [];
    private int _next;

    public IReadOnlyList<string> Faults => _faults;

    public ExecutionId Execution { get; } = ExecutionId.From(Guid.Empty);

    public EnvironmentId? Environment => null;

    public ConnectionName? ConnectionName => null;

    public IReadOnlyDictionary<string, string> Kept => ImmutableDictionary<string, string>.Empty;

    /// <value>The requests that were made, as a fixture describes them.</value>
    public List<JsonObject> Made { get; } = [];

    public IEnumerable<string> Left() =>
        _next < exchanges.Count && _faults.Count == 0
            ? [$"/exchanges/{_next}: {exchanges.Count - _next} recorded requests were not made"]
            : [];

    public async Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        if (_next >= exchanges.Count)
        {
            _faults.Add($"/exchanges: {request.Method} {request.Path} is made and not recorded");
            return new UpstreamOutcome.NotSent("it is not recorded");
        }

        int index = _next++;
        JsonNode recorded = exchanges[index]!;
        JsonObject made = await DescribeAsync(request, recorded, cancellationToken);
        Made.Add(made);
        _faults.AddRange(JsonDifference.Of(made, recorded["request"], $"/exchanges/{index}/request"));
        return recorded["response"] is JsonObject response
            ? new UpstreamOutcome.Answered(
                response["status"]!.GetValue<int>(),
                (response["headers"]?.AsObject() ?? []).ToDictionary(
                    header => header.Key,
                    header => header.Value!.GetValue<string>()
                ),
                Encoding.UTF8.GetBytes(response["body"]?.ToJsonString() ?? "")
            )
            : new UpstreamOutcome.Unknown("the recorded answer was lost");
    }

    public Task<UpstreamOutcome> StreamAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Tools do not stream.");

    public Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        _faults.Add($"/exchanges: {uri} is fetched, which a fixture does not record");
        return Task.FromResult<UpstreamOutcome>(new UpstreamOutcome.NotSent("it is not recorded"));
    }

    /// <summary>Query and headers are compared where the fixture names them; method, path and body always.</summary>
    private static async Task<JsonObject> DescribeAsync(
        UpstreamRequest request,
        JsonNode recorded,
        CancellationToken cancellationToken
    )
    {
        JsonObject sent = new() { ["method"] = request.Method.Method, ["path"] = request.Path };
        if (request.Query.Count > 0 || recorded["request"]?["query"] is not null)
        {
            sent["query"] = Pairs(request.Query);
        }

        if (recorded["request"]?["headers"] is not null)
        {
            sent["headers"] = Pairs(request.Headers);
        }

        using HttpContent? content = request.Content?.Invoke();
        if (content is not null)
        {
            string text = await content.ReadAsStringAsync(cancellationToken);
            sent["body"] = content.Headers.ContentType?.MediaType switch
            {
                "application/json" => JsonNode.Parse(text),
                _ => text,
            };
        }

        return sent;
    }

    /// <summary>A name given several times is a list.</summary>
    private static JsonObject Pairs(IReadOnlyList<KeyValuePair<string, string>> pairs) =>
        new(
            pairs
                .GroupBy(pair => pair.Key, pair => pair.Value)
                .Select(group => new KeyValuePair<string, JsonNode?>(
                    group.Key,
                    group.Count() == 1
                        ? JsonValue.Create(group.Single())
                        : new JsonArray([.. group.Select(value => (JsonNode)value)])
                ))
        );
}
