// Writes until it is killed: several writers at once, each of which says on standard output what was acknowledged to it.
// Arguments: database path, environment id.

using Behalf;
using Behalf.Audit;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

const int Writers = 8;

ServiceCollection services = new();
services.AddSqliteStorage(options => options.DatabasePath = args[0]);
await using ServiceProvider provider = services.BuildServiceProvider();
await provider.GetRequiredService<SqliteDatabase>().OpenAsync(CancellationToken.None);

EnvironmentId environment = EntityId.TryParse(args[1], out EnvironmentId id)
    ? id
    : throw new ArgumentException("Not an environment id.");
IEndUserStore users = provider.GetRequiredService<IEndUserStore>();
await Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));

async Task WriteAsync(int writer)
{
    Identifier identifier = Identifier.Parse($"user_{writer}");
    await users.EnsureAsync(environment, identifier, CancellationToken.None);
    for (long number = 1; ; number++)
    {
        string name = $"{writer}.{number}";
        AuditDraft draft = new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = name,
        };
        EventDraft happened = new(
            environment,
            name,
            AccountId.From(Guid.Empty),
            new Dictionary<string, string>(StringComparer.Ordinal)
        );
        await users.BumpEpochAsync(environment, identifier, Traces.Of(draft).With(happened), CancellationToken.None);
        Console.WriteLine(name);
    }
}
