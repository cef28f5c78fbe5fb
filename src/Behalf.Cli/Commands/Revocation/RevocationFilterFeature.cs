using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Revocation;

/// <summary>Which entries: the same options on list and export.</summary>
internal sealed class RevocationFilterFeature
{
    private readonly Option<string?> _identifier = Shell.Options.IdentifierFilter();
    private readonly Option<string?> _connection = Shell.Options.Connection("Only this connection.");
    private readonly Option<bool> _pending = new("--pending")
    {
        Description = "Only those that wait for the provider.",
    };

    public Option[] Options => [_identifier, _connection, _pending];

    public RevocationQuery Query(Invocation call) =>
        new()
        {
            Identifier = call.Get(_identifier),
            ConnectionName = call.Get(_connection),
            IsPending = call.Get(_pending),
        };
}
