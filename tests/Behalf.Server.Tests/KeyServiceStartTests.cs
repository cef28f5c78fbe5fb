using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Behalf.Server.Hosting;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Vault;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests;

/// <summary>Whole servers whose root key is in AWS KMS or in Vault's transit engine, set as an operator sets it.</summary>
public sealed class KeyServiceStartTests : IAsyncLifetime
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-key-service-").FullName;
    private readonly StandInKeyServices _services = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _services.StartAsync();
        // As the AWS SDK finds them.
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_KMS", _services.Origin);
        Environment.SetEnvironmentVariable("AWS_REGION", "eu-central-1");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "example");
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task RootKey_MovesFromItsFileToTheService_WhichMayBeAwayAndComeBack_AndTokensStayReadable(
        string service
    )
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        string data = Path.Combine(_folder, "data");
        await stage.Server.LeaveAsync(data);
        string file = Path.Combine(data, "root.key");
        ServerOptions options = stage.Options with { DataFolder = data, RootKey = Name(service) };

        await using (RunningServer both = ServerApp.Build(options with { FurtherRootKeys = [$"file:{file}"] }))
        {
            await both.StartAsync(Cancellation);
            using HttpClient http = await SignInAsync(stage, both);
            using CancellationTokenSource done = new();
            Task<List<int>> calls = CallUntilAsync(http, done.Token);
            // The first turn comes with the start; the clock stands still, and with it what would give a slow call up.
            await Eventually.HoldsAsync(
                async () => (await WrappersAsync(both)).All(wrapper => wrapper != "file"),
                "the ring is under the service's key"
            );
            await done.CancelAsync();
            (await calls).Should().NotBeEmpty().And.OnlyContain(status => status == 200, "no call fails meanwhile");
            await both.StopAsync(Cancellation);
        }

        File.Delete(file);
        _services.Status = StatusCodes.Status503ServiceUnavailable;
        await using (RunningServer server = ServerApp.Build(options))
        {
            await server.StartAsync(Cancellation);
            server.Sealed.Should().Contain(Name(service).Split(':')[0]);
            (await StatusAsync(server, "/health/live")).Should().Be(200);
            (await StatusAsync(server, "/health/ready")).Should().Be(503);
            (await StatusAsync(server, "/keys")).Should().Be(503);
            _services.Status = StatusCodes.Status200OK;
            await UntilAsync(stage, async () => await StatusAsync(server, "/health/ready") == 200);
            server.Sealed.Should().BeNull();
            (await CallAsync(stage, server)).Should().Be(200);

            // An open server needs the service for its next key only.
            _services.Status = StatusCodes.Status403Forbidden;
            (await CallAsync(stage, server)).Should().Be(200);
            _services.Status = StatusCodes.Status200OK;
            RingKey old = await ActiveAsync(server);
            await server
                .Services.GetRequiredService<IKeyRotation>()
                .RotateAsync(RingKeyKind.Data, "test", await TrailAsync(server), Cancellation);
            await UntilAsync(stage, async () => (await ActiveAsync(server)).Id != old.Id);
            (await CallAsync(stage, server)).Should().Be(200);
            await server.StopAsync(Cancellation);
        }

        Directory.EnumerateFiles(data, "*.key").Should().BeEmpty("nothing made a key of its own");
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task FirstStart_MakesNothing_WhileTheServiceIsAway_AndItsRingUnderTheService_Afterwards(string service)
    {
        string data = Path.Combine(_folder, "fresh");
        ServerOptions options = new()
        {
            DataFolder = data,
            Urls = ["http://127.0.0.1:0"],
            RootKey = Name(service),
            LogLevel = LogLevel.None,
        };
        _services.Status = StatusCodes.Status403Forbidden;
        await using (RunningServer refused = ServerApp.Build(options))
        {
            await refused
                .Invoking(server => server.StartAsync(Cancellation))
                .Should()
                .ThrowAsync<VaultSealedException>("there is nothing yet that could wait for the key");
        }

        File.Exists(Path.Combine(data, "credentials.json")).Should().BeFalse();
        _services.Status = StatusCodes.Status200OK;
        await using RunningServer first = ServerApp.Build(options);
        await first.StartAsync(Cancellation);

        first.IsFirstStart.Should().BeTrue();
        (await WrappersAsync(first)).Should().HaveCount(4).And.OnlyContain(wrapper => wrapper == Name(service));
        File.Exists(Path.Combine(data, "root.key")).Should().BeFalse();
        await first.StopAsync(Cancellation);
    }

    private string Name(string service) =>
        service == "kms" ? "aws-kms:alias/behalf" : $"vault-transit:{_services.Origin}/secrets/transit/behalf";

    /// <summary>By the application's credential of the first start.</summary>
    private static async Task<HttpClient> SignInAsync(Stage stage, RunningServer server)
    {
        HttpClient http = new() { BaseAddress = new Uri(server.Url) };
        (string id, string secret) = stage.Server.ServiceClient;
        using FormUrlEncodedContent form = new(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = id,
                ["client_secret"] = secret,
            }
        );
        using HttpResponseMessage granted = await http.PostAsync(
            new Uri("/oauth/token", UriKind.Relative),
            form,
            Cancellation
        );
        granted.EnsureSuccessStatusCode();
        JsonElement token = await granted.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            token.GetProperty("access_token").GetString()
        );
        return http;
    }

    private static async Task<int> CallAsync(Stage stage, RunningServer server)
    {
        using HttpClient http = await SignInAsync(stage, server);
        return await CallAsync(http);
    }

    /// <summary>A call with alice's token.</summary>
    private static async Task<int> CallAsync(HttpClient http)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            new Uri("/api/v1/execute_tool", UriKind.Relative),
            new Dictionary<string, object>
            {
                ["tool_name"] = "tracker_get_thing",
                ["identifier"] = "alice",
                ["params"] = new { thing = Guid.NewGuid() },
            },
            Cancellation
        );
        return (int)answer.StatusCode;
    }

    private static async Task<List<int>> CallUntilAsync(HttpClient http, CancellationToken done)
    {
        List<int> statuses = [];
        do
        {
            statuses.Add(await CallAsync(http));
        } while (!done.IsCancellationRequested);

        return statuses;
    }

    private static async Task<int> StatusAsync(RunningServer server, string path)
    {
        using HttpClient http = new() { BaseAddress = new Uri(server.Url) };
        using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return (int)answer.StatusCode;
    }

    /// <summary>Each look moves the clock by a period, so that the background has its turn.</summary>
    private static Task UntilAsync(Stage stage, Func<Task<bool>> holds) =>
        Eventually.HoldsAsync(
            async () =>
            {
                stage.Server.Time.Advance(Period);
                return await holds();
            },
            "it comes about"
        );

    private static async Task<string[]> WrappersAsync(RunningServer server) =>
        [
            .. (await server.Services.GetRequiredService<IKeyRotation>().ListAsync(Cancellation)).Select(key =>
                key.Wrapper
            ),
        ];

    private static async Task<RingKey> ActiveAsync(RunningServer server) =>
        (await server.Services.GetRequiredService<IKeyRotation>().ListAsync(Cancellation)).Single(key =>
            key is { Kind: RingKeyKind.Data, State: RingKeyState.Active }
        );

    private static async Task<EnvironmentId> TrailAsync(RunningServer server) =>
        (await server.Services.GetRequiredService<Identity.IIdentity>().ListEnvironmentsAsync(Cancellation))[0].Id;
}
