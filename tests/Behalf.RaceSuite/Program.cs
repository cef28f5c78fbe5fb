using Behalf.RaceSuite;

return await SuiteCommand.Create().Parse(args).InvokeAsync();
