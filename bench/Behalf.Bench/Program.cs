using System.CommandLine;
using Behalf.Bench;
using Behalf.Bench.Growth;
using Behalf.Bench.Scheduler;
using Behalf.Bench.Stage;
using Behalf.Bench.Streams;

RootCommand command = new("Behalf's performance, as ratios within one run.")
{
    CompareCommand.Create(),
    GrowthCommand.Create(),
    SchedulerCommand.Create(),
    StreamsCommand.Create(),
    DriveCommand.Create(),
    YarpProxy.Command(),
};
return await command.Parse(args).InvokeAsync();
