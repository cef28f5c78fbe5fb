namespace Behalf.RaceSuite.Stage;

/// <summary>A disk of a few megabytes that can be filled and emptied again. Needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Filler => Path.Combine(Folder, "filler");

    /// <value>Why there can be none here; null: there can.</value>
    public static string? Missing =>
        Environment.IsPrivilegedProcess && Programs.Has("mount") ? null : "only root can mount a small disk (tmpfs)";

    public static async Task<SmallDisk> MountAsync(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        await Programs.RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0755", "tmpfs", folder);
        SmallDisk disk = new(folder);
        Aftercare.Of(disk, disk.Unmount);
        return disk;
    }

    /// <summary>To the last byte.</summary>
    public void Fill()
    {
        byte[] block = new byte[4096];
        using FileStream file = new(Filler, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Empty() => File.Delete(Filler);

    public ValueTask DisposeAsync()
    {
        Aftercare.Done(this);
        Unmount();
        return ValueTask.CompletedTask;
    }

    private void Unmount()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("umount", ["-l", Folder]);
        process.WaitForExit();
    }
}
