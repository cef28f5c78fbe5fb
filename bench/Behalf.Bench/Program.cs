using System.CommandLine;
using Behalf.Bench;
using Behalf.Bench.Growth;
using Behalf.Bench.Stage;

RootCommand command = new("Behalf's performance, as ratios within one run.")
{
    CompareCommand.Create(),
    GrowthCommand.Create(),
    YarpProxy.Command(),
};
return await command.Parse(args).InvokeAsync();
