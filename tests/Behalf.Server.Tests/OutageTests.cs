using System.Text.Json;
using Behalf.Server.Doors;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Vault;
using Behalf.Wire.Tools;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>What cannot be recorded or opened is not done, and all is well again without a restart.</summary>
public sealed class OutageTests
{
    private const string Execute = "/scalekit.v1.tools.ToolService/ExecuteTool";

    private static async Task<int> ReadyAsync(Stage stage) =>
        (await stage.Server.SendAsync(HttpMethod.Get, "/health/ready", token: null)).Status;

    [Fact]
    public async Task UnwritableAudit_RefusesCallsAndSendsNothing_UntilItCanBeWritten()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        string session = (await stage.Server.SessionAsync("alice")).GetProperty("token").GetString()!;
        (await stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "1" })).Status.Should().Be(200);
        int before = stage.CountApiRequests();
        await using SqliteConnection holder = new($"Data Source={stage.Server.DatabaseFile};Pooling=False");
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using SqliteTransaction held = holder.BeginTransaction(deferred: false);

        Task<Reply> read = stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "2" });
        Task<Reply> write = stage.ExecuteAsync("alice", "tracker_create_thing", new { name = "x" }, session);
        Task<GrpcReply> grpc = GrpcCall.SendAsync(stage.Server, Execute, Call("3"), stage.Server.ServiceToken);
        Task<Reply> denied = stage.ExecuteAsync("bob", "tracker_get_thing", new { thing = "4" }, session);
        await Task.WhenAll(read, write, grpc, denied);

        foreach (Reply reply in new[] { await read, await write })
        {
            reply.Status.Should().Be(503, reply.Body);
            reply.ErrorCode.Should().Be("audit_unavailable");
            reply.Headers.Should().ContainKey("Retry-After");
        }

        (await ReadyAsync(stage)).Should().Be(503, "every call would be refused");
        (await grpc).Status.Should().Be(14);
        (await grpc).Error.ErrorCode.Should().Be("audit_unavailable");
        (await denied).Status.Should().Be(403, (await denied).Body);
        stage.CountApiRequests().Should().Be(before);
        stage.LogLines.Should().ContainSingle(line => line.Contains("audit trail cannot be written"));

        await held.RollbackAsync(TestContext.Current.CancellationToken);
        (await stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "5" })).Status.Should().Be(200);
        (await ReadyAsync(stage)).Should().Be(200);
        (await stage.ExecuteAsync("alice", "tracker_create_thing", new { name = "y" }, session))
            .Status.Should()
            .Be(200);
        stage.CountApiRequests().Should().Be(before + 2);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(30));
        JsonElement whole = await DeniedAsync(stage);
        whole.GetProperty("detail").GetString().Should().Contain("bob");
    }

    [Fact]
    public async Task SealedVault_AnswersOnHealthAndMetricsOnly_AndOpensWithoutARestart()
    {
        Lid lid = new();
        await using Stage stage = new() { Services = lid.PutOn };
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        Uri link = await stage.LinkAsync("alice");
        int before = stage.Provider.Received.Count;

        lid.IsClosed = true;

        foreach (RouteEndpoint endpoint in Endpoints(stage))
        {
            string path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(Segment));
            string method =
                endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>()?.HttpMethods[0]
                ?? "POST";
            Reply reply = await stage.Server.SendAsync(new HttpMethod(method), path, stage.Server.ServiceToken);
            int expected = path switch
            {
                "/health/live" => 200,
                "/metrics" => 401, // answers, but not to a service credential
                _ => 503,
            };
            reply.Status.Should().Be(expected, $"{method} {path} {reply.Body}");
            if (expected == 503 && path != "/health/ready")
            {
                reply.ErrorCode.Should().Be("vault_sealed", path);
            }
        }

        GrpcReply grpc = await GrpcCall.SendAsync(stage.Server, Execute, Call("1"), stage.Server.ServiceToken);
        grpc.Status.Should().Be(14);
        grpc.Error.ErrorCode.Should().Be("vault_sealed");
        (await stage.NewPerson("alice").OpenAsync(link)).Status.Should().Be(503);
        using HttpResponseMessage token = await stage.Server.RequestTokenAsync("any", "any");
        ((int)token.StatusCode).Should().Be(503);
        stage.Provider.Received.Count.Should().Be(before);

        lid.IsClosed = false;
        (await stage.NewPerson("alice").OpenAsync(link)).Status.Should().Be(200);
        (await stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "1" })).Status.Should().Be(200);
    }

    [Fact]
    public async Task RequestToWhereNobodyRegistered_Throws_AndNothingLeaves()
    {
        RegisteredOrigins nobody = new();
        using HttpClient client = new(nobody.CreateHandler());

        Func<Task> send = () => client.GetAsync(new Uri("http://127.0.0.1:9/"), TestContext.Current.CancellationToken);

        await send.Should().ThrowAsync<InvalidOperationException>();
        nobody.Refused.Should().ContainSingle();
    }

    private static ExecuteToolRequest Call(string thing) =>
        new()
        {
            ToolName = "tracker_get_thing",
            Identifier = "alice",
            Params = new Struct { Fields = { ["thing"] = Value.ForString(thing) } },
        };

    /// <summary>The denial waits in memory and is stored once the clock lets the backlog try again.</summary>
    private static async Task<JsonElement> DeniedAsync(Stage stage)
    {
        while (true)
        {
            JsonElement[] records = await stage.AuditAsync("kind=denial&identifier=alice");
            if (records.Length > 0)
            {
                return records[0];
            }

            stage.Server.Time.Advance(TimeSpan.FromSeconds(1));
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static IEnumerable<RouteEndpoint> Endpoints(Stage stage) =>
        stage
            .Server.Server.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAccessDeclaration>() is not null);

    private static string Segment(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPathSegment segment) =>
        string.Concat(
            segment.Parts.Select(part =>
                part switch
                {
                    Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                    Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
                    _ => "x",
                }
            )
        );

    /// <summary>A vault whose root key can be taken away.</summary>
    private sealed class Lid
    {
        public bool IsClosed { get; set; }

        public void PutOn(IServiceCollection services)
        {
            ServiceDescriptor inner = services.Last(descriptor => descriptor.ServiceType == typeof(IVault));
            services.AddSingleton<IVault>(provider => new Lidded((IVault)inner.ImplementationFactory!(provider), this));
        }
    }

    private sealed class Lidded(IVault inner, Lid lid) : IVault
    {
        public bool IsOpen => !lid.IsClosed && inner.IsOpen;

        private IVault Inner => lid.IsClosed ? throw new VaultSealedException("Taken away.") : inner;

        public AccountKey CreateAccountKey(EnvironmentId environment, AccountId account) =>
            Inner.CreateAccountKey(environment, account);

        public byte[] Seal(AccountKey key, SealPlace place, Secret value) => Inner.Seal(key, place, value);

        public Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue) =>
            Inner.Open(key, place, sealedValue);

        public byte[] Seal(SealPlace place, Secret value) => Inner.Seal(place, value);

        public Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue) => Inner.Open(place, sealedValue);

        public byte[] Mac(string purpose, ReadOnlySpan<byte> data) => Inner.Mac(purpose, data);

        public IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose) => Inner.SigningKeys(purpose);
    }
}
