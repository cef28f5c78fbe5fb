using Behalf.Client.AspNetCore;
using TeamAgent;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
TeamAgentOptions options = TeamAgentOptions.Read(builder.Configuration);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddTeamAgent(options);

WebApplication app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapSignIn();
app.MapHome();
app.MapBehalfConnect();
app.MapAsk();

await app.StartAsync();
await ReadyFile.WriteAsync(options.ReadyFile, app.Urls.First());
await app.WaitForShutdownAsync();
