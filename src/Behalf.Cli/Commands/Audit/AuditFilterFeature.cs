using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Audit;

/// <summary>Which records: the same options on list and export.</summary>
internal sealed class AuditFilterFeature
{
    private readonly Option<string?> _identifier = Shell.Options.IdentifierFilter();
    private readonly Option<string?> _execution = new("--execution")
    {
        Description = "Only this execution.",
        HelpName = "ID",
    };
    private readonly Option<string?> _run = new("--agent-run")
    {
        Description = "Only this run of an agent.",
        HelpName = "ID",
    };
    private readonly Option<string?> _kind = new("--kind")
    {
        Description = "Only intent, request, completion, denial or admin.",
        HelpName = "KIND",
    };

    public AuditFilterFeature() => _kind.AcceptOnlyFromAmong("intent", "request", "completion", "denial", "admin");

    public Option[] Options => [_identifier, _execution, _run, _kind];

    public AuditQuery Query(Invocation call) =>
        new()
        {
            Identifier = call.Get(_identifier),
            ExecutionId = call.Get(_execution),
            AgentRunId = call.Get(_run),
            Kind = call.Get(_kind),
        };
}
