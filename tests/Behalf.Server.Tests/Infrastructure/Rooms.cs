using Behalf.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>The rooms behind a running server, where a test has to hurry the background on.</summary>
internal static class Rooms
{
    public static IAuthorization GetAuthorization(this IServiceProvider services) =>
        services.GetRequiredService<IAuthorization>();
}
