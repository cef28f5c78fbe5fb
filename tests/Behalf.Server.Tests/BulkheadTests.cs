using Behalf.Server.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>
/// A provider that answers nothing any more takes its own places and nobody else's. Counted in places, not in time: as long
/// as it hangs, everything else goes through.
/// </summary>
public sealed class BulkheadTests : IAsyncLifetime
{
    /// <summary>More than there are sockets in any pool that would keep them: places decide, and nothing else.</summary>
    private const int Places = 390;
    private const int PerUser = 130;
    private const string Steady = "steady";

    private readonly Stage _stage = new()
    {
        Services = services =>
            services.PostConfigure<BehalfOptions>(options =>
            {
                options.Limits.Connection.AtOnce = Places;
                options.Limits.Identifier.AtOnce = PerUser;
            }),
    };

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hanging;

    public async ValueTask InitializeAsync()
    {
        await _stage.InitializeAsync();
        await _stage.AddConnectionAsync(Steady, "steady-client", "steady-secret-of-a-client");
        foreach (string user in new[] { "alice", "bob", "carol", "dave" })
        {
            await _stage.ConnectAsync(user);
        }

        await _stage.ConnectAsync("alice", Steady);
        await _stage.ConnectAsync("dave", Steady);
        _stage.Provider.Api = AnswerAsync;
    }

    public async ValueTask DisposeAsync()
    {
        _released.TrySetResult();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task ProviderThatHangs_HoldsUpNeitherAnotherConnectionNorAnotherUser()
    {
        Task<Reply>[] hung = [.. new[] { "alice", "bob" }.SelectMany(user => HangAsync(user, PerUser))];
        await Eventually.HoldsAsync(() => _hanging == 2 * PerUser, "both users' calls hang at the provider");

        // They have used up their own places, and the connection has some left for everybody else.
        (await CallAsync("alice", "tracker_get_thing"))
            .Status.Should()
            .Be(429);
        (await CallAsync("alice", "steady_get_thing")).Status.Should().Be(429, "her places are hers everywhere");
        (await CallAsync("carol", "tracker_get_thing")).Status.Should().Be(200);

        Task<Reply>[] last = HangAsync("carol", Places - 2 * PerUser);
        await Eventually.HoldsAsync(() => _hanging == Places, "the connection's places are all taken");
        (await CallAsync("dave", "tracker_get_thing")).Status.Should().Be(429, "the connection has none left");
        Reply[] others = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CallAsync("dave", "steady_get_thing")));

        others.Should().OnlyContain(reply => reply.Status == 200);
        for (int i = 0; i < 100; i++)
        {
            Reply reply = await CallAsync("dave", "steady_create_thing");
            reply.Status.Should().Be(200, reply.Body);
        }

        _hanging.Should().Be(Places, "all this went by while every one of them hung");
        hung.Concat(last).Should().OnlyContain(call => !call.IsCompleted);
        _released.SetResult();
        (await Task.WhenAll([.. hung, .. last])).Should().OnlyContain(reply => reply.Status == 200);
        (await CallAsync("dave", "tracker_get_thing")).Status.Should().Be(200, "the places are free again");
        (await CallAsync("alice", "steady_get_thing")).Status.Should().Be(200);
    }

    private Task<Reply>[] HangAsync(string user, int calls) =>
        [
            .. Enumerable
                .Range(0, calls)
                .Select(i => _stage.ExecuteAsync(user, "tracker_get_thing", new { thing = $"hang-{user}-{i}" })),
        ];

    private Task<Reply> CallAsync(string user, string tool) =>
        tool.EndsWith("create_thing", StringComparison.Ordinal)
            ? _stage.ExecuteAsync(user, tool, new { name = Guid.NewGuid() })
            : _stage.ExecuteAsync(user, tool, new { thing = Guid.NewGuid() });

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.Contains("hang-", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _hanging);
            await _released.Task;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"id":"1","user":"alice"}""");
    }
}
