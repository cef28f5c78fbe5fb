using Behalf.Audit;
using BenchmarkDotNet.Attributes;

namespace Behalf.MicroBench;

/// <summary>A record of a call: given its place and hash in memory, and durable in SQLite, alone and sixteen at once.</summary>
public class AuditBenchmarks
{
    private const int Together = 16;

    private readonly byte[] _head = [.. AuditChain.Genesis];
    private Rooms _rooms = null!;
    private IAuditStore _store = null!;
    private AuditDraft _draft = null!;

    [GlobalSetup]
    public async Task SetUp()
    {
        _rooms = await Rooms.OpenAsync();
        _store = _rooms.Get<IAuditStore>();
        _draft = new AuditDraft
        {
            Environment = _rooms.Environment.Id,
            Kind = AuditKind.Denial,
            Action = CallRecords.CallAction,
            Identifier = "alice",
            Principal = "skc_00000000000000000000000000",
            Connection = "asana",
            Account = EntityId.New<AccountId>(TimeProvider.System),
            Tool = "asana_create_task",
            ArgumentDigest = new string('0', 64),
            Decision = CallRecords.Deny,
        };
    }

    [GlobalCleanup]
    public async Task CleanUp() => await _rooms.DisposeAsync();

    [Benchmark(Description = "audit: chain one record")]
    public int Chain() => AuditChain.Append(_draft, "node-1", 1, DateTimeOffset.UnixEpoch, _head).Body.Length;

    [Benchmark(Description = "audit: append durably")]
    public Task Append() => _store.AppendAsync(_draft, CancellationToken.None);

    [Benchmark(Description = "audit: append durably, 16 at once", OperationsPerInvoke = Together)]
    public Task AppendTogether() =>
        Task.WhenAll(Enumerable.Range(0, Together).Select(_ => _store.AppendAsync(_draft, CancellationToken.None)));
}
