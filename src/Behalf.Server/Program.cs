using Behalf.Server.Commands;

return await BehalfServerCommand.RunAsync(args);
