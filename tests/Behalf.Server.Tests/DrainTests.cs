using System.Net.Http.Headers;
using Behalf.Server.Tests.Infrastructure;
using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>A server that is asked to stop.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CallInFlight_EndsWell_WhileNothingNewIsTaken()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        using Held held = new(stage);
        Task<Reply> call = stage.ExecuteAsync("alice", "tracker_create_thing", new { name = "x" });
        await held.Arrived;

        Task stopped = stage.Server.Server.StopAsync(Cancellation);

        await Eventually.HoldsAsync(async () => await AskAsync(stage, "/health/live") is null, "the doors close");
        stopped.IsCompleted.Should().BeFalse("it waits for the call");
        call.IsCompleted.Should().BeFalse();
        held.Release();
        Reply reply = await call;
        reply.Status.Should().Be(200, reply.Body);
        await stopped;
        await using SqliteConnection file = new($"Data Source={stage.Server.DatabaseFile};Pooling=False;Mode=ReadOnly");
        (
            await file.ExecuteScalarAsync<long>(
                """
                SELECT count(*) FROM audit_record i
                WHERE i.kind = 1 AND NOT EXISTS (
                  SELECT 1 FROM audit_record c WHERE c.execution_id = i.execution_id AND c.kind = 3)
                """
            )
        ).Should().Be(0, "each call that began has its end in the trail");
    }

    [Fact]
    public async Task ReadinessSaysDraining_WhileWorkIsStillTaken_UntilTheDelayHasPassed()
    {
        await using Stage stage = new()
        {
            Services = services => services.PostConfigure<BehalfOptions>(options => options.DrainDelay = Delay),
        };
        await stage.InitializeAsync();
        await stage.ConnectAsync("alice");
        (await AskAsync(stage, "/health/ready")).Should().Be((200, "ready\n"));

        Task stopped = stage.Server.Server.StopAsync(Cancellation);

        try
        {
            (await AskAsync(stage, "/health/ready")).Should().Be((503, "draining\n"));
            (await AskAsync(stage, "/health/live")).Should().Be((200, "live\n"));
            (await stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "1" })).Status.Should().Be(200);
            stopped.IsCompleted.Should().BeFalse();
        }
        finally
        {
            stage.Server.Time.Advance(Delay);
            await stopped;
        }

        (await AskAsync(stage, "/health/live")).Should().BeNull("the doors are closed");
    }

    /// <summary>On a connection of its own, as a probe comes.</summary>
    /// <returns>Null: nobody takes the connection.</returns>
    private static async Task<(int Status, string Text)?> AskAsync(Stage stage, string path)
    {
        using HttpClient http = new() { BaseAddress = new Uri(stage.Server.Server.Url) };
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>The provider holds each request back until it is told.</summary>
    private sealed class Held : IDisposable
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Held(Stage stage) =>
            stage.Provider.Api = async context =>
            {
                _arrived.TrySetResult();
                await _released.Task;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"id":"1","user":"alice"}""");
            };

        public Task Arrived => _arrived.Task;

        public void Release() => _released.TrySetResult();

        public void Dispose() => Release();
    }
}
