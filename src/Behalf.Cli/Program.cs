using Behalf.Cli;
using Behalf.Cli.Shell;

return await CommandLine.RunAsync(args, Surroundings.OfProcess());
