using Behalf.Bench.Stage;

namespace Behalf.Bench.Load;

/// <summary>One thing that is measured: a scenario at a server.</summary>
/// <param name="Scenario">What is asked for, such as <c>execute-rest</c>.</param>
/// <param name="Server">Who answers: <c>nginx</c>, <c>yarp</c>, <c>sqlite</c> or <c>postgresql</c>.</param>
/// <param name="Watched">What the owner watch sends meanwhile.</param>
/// <param name="Cpu">Processor time that the server's processes have taken so far.</param>
/// <param name="ReachesUpstream">Whether each answer needs the upstream's.</param>
internal sealed record Course(
    string Scenario,
    string Server,
    string Address,
    IGenerator Generator,
    IReadOnlyList<Shot> Watched,
    Func<TimeSpan> Cpu,
    ServerProcess Process,
    bool ReachesUpstream
)
{
    public string Name => $"{Scenario}/{Server}";
}

/// <summary>One run of a course.</summary>
/// <param name="CpuPerRequest">Microseconds of the server's processes; the upstream and the load generator apart.</param>
/// <param name="Memory">Resident bytes of the server's process afterwards.</param>
internal sealed record Measurement(Course Course, int Connections, Seen Seen, double CpuPerRequest, long Memory);
