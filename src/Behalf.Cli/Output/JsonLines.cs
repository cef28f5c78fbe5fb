using Behalf.Cli.Shell;

namespace Behalf.Cli.Output;

/// <summary>An export of one JSON object per line, to standard output or a new file.</summary>
internal static class JsonLines
{
    public static Task WriteAsync<T>(Invocation call, string? path, IAsyncEnumerable<T> items) =>
        ExportFile.WriteAsync(
            call,
            path,
            async writer =>
            {
                var count = 0L;
                await foreach (var item in items)
                {
                    await writer.WriteLineAsync(CliJson.Line(item).AsMemory(), call.Token);
                    count++;
                }
                return count;
            }
        );
}
