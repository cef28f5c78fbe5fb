namespace Behalf.Server.Hosting;

/// <summary>
/// One short line per event. The web framework's and the protocol engine's own lines hold paths and queries (links, codes, states), so at most its
/// warnings are shown, whatever the configuration says.
/// </summary>
internal static class ServerLogging
{
    private static readonly string[] Quiet = ["Microsoft", "System", "Grpc", "OpenIddict"];

    public static void Configure(ILoggingBuilder logging, LogLevel? level)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        });
        if (level is { } minimum)
        {
            logging.SetMinimumLevel(minimum);
        }

        logging.Services.PostConfigure<LoggerFilterOptions>(options =>
        {
            for (int i = options.Rules.Count - 1; i >= 0; i--)
            {
                string? category = options.Rules[i].CategoryName;
                if (
                    category is null
                        ? level is not null
                        : Quiet.Any(name => category.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                )
                {
                    options.Rules.RemoveAt(i);
                }
            }

            foreach (string name in Quiet)
            {
                options.Rules.Add(new LoggerFilterRule(null, name, LogLevel.Warning, null));
            }

            // Even silent it opens a scope with the request's path, which can be a link.
            options.Rules.Add(
                new LoggerFilterRule(null, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null)
            );
            // It warns that plain http cannot have HTTP/2; Http2Preface is how it can.
            options.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error, null));
        });
    }
}
