using Behalf.Registration;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A stage for one test, which moves its clock far.</summary>
internal sealed class PeopleStageOfOne : IAsyncDisposable
{
    public PeopleStage Stage { get; } = new();

    public static async Task<PeopleStageOfOne> StartAsync()
    {
        PeopleStageOfOne own = new();
        await own.Stage.InitializeAsync();
        return own;
    }

    public Task CleanAsync() =>
        Stage
            .Server.Server.Services.GetRequiredService<IClientRegistry>()
            .CleanAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}
