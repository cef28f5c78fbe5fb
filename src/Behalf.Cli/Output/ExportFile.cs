using Behalf.Cli.Shell;

namespace Behalf.Cli.Output;

/// <summary>Where an export goes: standard output, or a file that did not exist.</summary>
internal static class ExportFile
{
    /// <param name="write">Returns how many records it wrote.</param>
    public static async Task WriteAsync(Invocation call, string? path, Func<TextWriter, Task<long>> write)
    {
        if (path is null)
        {
            await write(call.Surroundings.Out);
            return;
        }
        long count;
        await using (
            var file = new StreamWriter(
                path,
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }
            )
        )
        {
            count = await write(file);
        }
        call.Report.Json(new { Records = count, File = Path.GetFullPath(path) });
        call.Report.Line($"Wrote {count} records to {Path.GetFullPath(path)}.");
    }
}
