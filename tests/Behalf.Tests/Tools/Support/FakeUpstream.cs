using System.Text;
using System.Text.Json.Nodes;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Tests.Tools.Support;

/// <summary>A provider made of a function; every request is kept. A request that the function does not know throws.</summary>
internal sealed class FakeUpstream(Func<SentRequest, UpstreamOutcome> answer) : IUpstream
{
    public List<SentRequest> Requests { get; } = [];

    public List<Uri> Fetched { get; } = [];

    public Func<Uri, UpstreamOutcome>? OnFetch { get; init; }

    public ExecutionId Execution { get; } = Calls.Started().Intent.Execution;

    public EnvironmentId? Environment => null;

    public ConnectionName? ConnectionName { get; } = Calls.Started().Intent.ConnectionName;

    public IReadOnlyDictionary<string, string> Kept { get; } = new Dictionary<string, string>();

    public async Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using HttpContent? content = request.Content?.Invoke();
        SentRequest sent = new(
            request,
            content is null ? null : await content.ReadAsStringAsync(cancellationToken),
            content?.Headers.ContentType?.MediaType
        );
        Requests.Add(sent);
        return answer(sent);
    }

    public Task<UpstreamOutcome> StreamAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        Fetched.Add(uri);
        return Task.FromResult(
            OnFetch?.Invoke(uri) ?? throw new InvalidOperationException($"Unregistered fetch {uri}")
        );
    }

    public static UpstreamOutcome Json(int status, string body, params (string Name, string Value)[] headers) =>
        new UpstreamOutcome.Answered(
            status,
            headers.ToDictionary(header => header.Name, header => header.Value),
            Encoding.UTF8.GetBytes(body)
        );

    public static UpstreamOutcome Json(string body) => Json(200, body);
}

internal sealed record SentRequest(UpstreamRequest Request, string? Body, string? ContentType)
{
    public string Method => Request.Method.Method;

    public string Path => Request.Path;

    public string Line => $"{Method} {Path}";

    public string? Query(string name) =>
        Request.Query.Where(pair => pair.Key == name).Select(pair => pair.Value).SingleOrDefault();

    public JsonNode Json => JsonNode.Parse(Body ?? throw new InvalidOperationException("There is no body."))!;
}

internal static class Calls
{
    public static EnvironmentId Environment { get; } =
        EnvironmentId.From(Guid.Parse("01980000-0000-7000-8000-000000000001"));

    public static ActingSubject Subject(string identifier = "alice", CredentialLimits? limits = null) =>
        new(
            Environment,
            Identifier.Parse(identifier),
            new UserEpoch(1, 0),
            new Principal
            {
                Kind = PrincipalKind.ServiceClient,
                Environment = Environment,
                ClientId = "client_1",
                DisplayName = "Team agent",
                Client = null,
                ClientEpoch = 0,
                Limits = limits ?? CredentialLimits.None,
            }
        );

    public static StartedCall Started() =>
        Started(
            new CallIntent
            {
                Execution = ExecutionId.From(Guid.Parse("01980000-0000-7000-8000-0000000000ee")),
                Subject = Subject(),
                Connection = ConnectionId.From(Guid.NewGuid()),
                ConnectionName = ConnectionName.Parse("tracker"),
                PolicyRevision = 1,
                Account = AccountId.From(Guid.NewGuid()),
                Tool = "tracker_tool",
                NeededScopes = ScopeSet.Empty,
                ArgumentDigest = "00",
                ActingThrough = "test",
                Writes = true,
            }
        );

    public static StartedCall Started(CallIntent intent) =>
        new(
            intent,
            new SealedCredential
            {
                Key = new AccountKey(Environment, intent.Account, [1], RingKeyId.From(Guid.NewGuid())),
                Connection = intent.Connection,
                Generation = 1,
                AccessSealed = [1],
                GrantedScopes = ScopeSet.Empty,
            },
            DateTimeOffset.UnixEpoch
        );
}
