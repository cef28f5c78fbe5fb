namespace Behalf.Sandbox.Api;

/// <summary>How much a token may ask for, as options and then faults set it. Written under <c>ObjectStore.Gate</c>.</summary>
internal sealed class ApiLimits(SandboxOptions options)
{
    public int RequestsPerMinute { get; set; } = options.RequestsPerMinute;
    public int SearchesPerMinute { get; set; } = options.SearchesPerMinute;
    public int ConcurrentReads { get; set; } = options.ConcurrentReads;
    public int ConcurrentWrites { get; set; } = options.ConcurrentWrites;

    public void Reset()
    {
        RequestsPerMinute = options.RequestsPerMinute;
        SearchesPerMinute = options.SearchesPerMinute;
        ConcurrentReads = options.ConcurrentReads;
        ConcurrentWrites = options.ConcurrentWrites;
    }
}
