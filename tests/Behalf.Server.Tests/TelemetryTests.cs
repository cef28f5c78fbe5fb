using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;

namespace Behalf.Server.Tests;

/// <summary>Numbers for whoever holds the scrape token; nothing in them, or in a trace, tells a person from another.</summary>
public sealed class TelemetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string ScrapeToken(Stage stage) =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(stage.Server.DatabaseFile)!, "metrics-token"));

    [Fact]
    public async Task Metrics_NeedTheScrapeToken_WhichOpensNothingElse()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        string scrape = ScrapeToken(stage);

        foreach (string path in new[] { "/metrics", "/metrics/", "/METRICS" })
        {
            foreach (string? token in new[] { null, "wrong", stage.Server.ServiceToken, stage.Server.OperatorToken })
            {
                Reply refused = await stage.Server.SendAsync(HttpMethod.Get, path, token);
                refused.Status.Should().BeOneOf([401, 404], path);
                refused.Body.Should().NotContain("behalf_");
            }
        }

        (await stage.Server.SendAsync(HttpMethod.Get, "/metrics", scrape)).Status.Should().Be(200);
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/connected_accounts", scrape)).Status.Should().Be(401);
    }

    [Fact]
    public async Task Calls_AreCounted_WithoutAnyonesName()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice-told");
        await stage.ExecuteAsync("alice-told", "tracker_get_thing", new { thing = "thing-of-alice" });
        await stage.ExecuteAsync("alice-told", "a_tool_only_mallory_knows", new { });

        string numbers = (await stage.Server.SendAsync(HttpMethod.Get, "/metrics", ScrapeToken(stage))).Body;

        numbers.Should().Contain("behalf_call_duration_seconds_count").And.Contain("behalf_connector=\"tracker\"");
        numbers.Should().Contain("behalf_audit_start_duration_seconds_count");
        numbers.Should().Contain("behalf_ready").And.Contain("http_server_request_duration_seconds");
        numbers
            .Should()
            .NotContain("alice-told")
            .And.NotContain("thing-of-alice")
            .And.NotContain("mallory")
            .And.NotContain("/connect/"[..^1] + "/link/");
        Secrets(stage).Should().OnlyContain(secret => !numbers.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RefreshesAndRevocations_AreCounted_ByWhatBecameOfThem()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        stage.Client.AccessLifetime = TimeSpan.FromMinutes(6); // to be renewed after one
        await stage.ConnectAsync("alice-renewed");
        (string Outcome, OddReply[] Replies)[] told =
        [
            ("refreshed", []),
            ("later", [OddReply.Json(503, "{}")]),
            ("misconfigured", [OddReply.Error("invalid_client", 401)]),
            ("unknown", [OddReply.Json(200, "[]"), OddReply.Json(200, "[]")]), // the second is the probe's
            ("refused", [OddReply.Error("invalid_grant")]),
        ];
        foreach ((string outcome, OddReply[] replies) in told)
        {
            const string Metric = "behalf_refresh_duration_seconds_count";
            double before = await CountAsync(Metric, outcome);
            foreach (OddReply reply in replies)
            {
                stage.Client.NextTokenReplies.Enqueue(reply);
            }

            await Eventually.HoldsAsync(
                async () =>
                {
                    stage.Server.Time.Advance(TimeSpan.FromSeconds(5)); // an hour of it would end this test's own tokens
                    await stage.ExecuteAsync("alice-renewed", "tracker_get_thing", new { thing = "one" });
                    return await CountAsync(Metric, outcome) > before;
                },
                $"a refresh is counted as {outcome}"
            );
        }

        const string Attempts = "behalf_revocation_attempts_total";
        string bob = await stage.ConnectAsync("bob-leaves");
        double finished = await CountAsync(Attempts, "finished");
        Reply revoked = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { id = bob })
        );
        revoked.Status.Should().Be(200, revoked.Body);
        await Eventually.HoldsAsync(
            async () =>
            {
                stage.Server.Time.Advance(TimeSpan.FromSeconds(1));
                return await CountAsync(Attempts, "finished") > finished;
            },
            "the revocation is counted"
        );

        async Task<double> CountAsync(string metric, string outcome) =>
            (await stage.Server.SendAsync(HttpMethod.Get, "/metrics", ScrapeToken(stage)))
                .Body.Split('\n')
                .Where(line => line.StartsWith(metric + '{', StringComparison.Ordinal))
                .Where(line => line.Contains($"behalf_outcome=\"{outcome}\"", StringComparison.Ordinal))
                .Sum(line =>
                    double.Parse(
                        line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0],
                        CultureInfo.InvariantCulture
                    )
                );
    }

    [Fact]
    public async Task Traces_LeadFromTheDoorToTheProvider_WithoutPathsQueriesOrNames()
    {
        await using Collector collector = new();
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url);
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        string[] secrets;
        await using (Stage stage = new())
        {
            try
            {
                await stage.InitializeAsync();
            }
            finally
            {
                Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
                Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", null);
            }

            await stage.ConnectAsync("alice-traced");
            await stage.ExecuteAsync("alice-traced", "tracker_get_thing", new { thing = "thing-of-alice" });
            secrets = Secrets(stage);
        }

        string told = collector.Received;
        told.Should().Contain("execute_tool tracker_get_thing").And.Contain("gen_ai.tool.name");
        told.Should().Contain("server.address").And.Contain("http.route");
        told.Should().NotContain("alice-traced").And.NotContain("thing-of-alice").And.NotContain("url.path");
        secrets.Should().OnlyContain(secret => !told.Contains(secret, StringComparison.Ordinal));
    }

    private static string[] Secrets(Stage stage) =>
        [Stage.ClientSecret, stage.Server.ServiceToken, stage.Server.ServiceClient.Secret, .. stage.Provider.Issued];

    /// <summary>Takes what an OpenTelemetry exporter posts; the strings in it are readable as they are.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly StringBuilder _received = new();
        private readonly Task _serving;

        public Collector()
        {
            using TcpListener probe = new(IPAddress.Loopback, 0);
            probe.Start();
            int port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            Url = $"http://127.0.0.1:{port}";
            _listener.Prefixes.Add($"{Url}/");
            _listener.Start();
            _serving = ServeAsync();
        }

        public string Url { get; }

        public string Received
        {
            get
            {
                lock (_received)
                {
                    return _received.ToString();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
            _listener.Close();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using StreamReader body = new(context.Request.InputStream, Encoding.UTF8);
                string text = await body.ReadToEndAsync(Cancellation);
                lock (_received)
                {
                    _received.Append(text);
                }

                context.Response.Close();
            }
        }
    }
}
