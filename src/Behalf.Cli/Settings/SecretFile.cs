using System.Text;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Settings;

/// <summary>
/// A file for a secret that is given once, readable by its owner only. It is reserved before the secret is asked for, so
/// that a secret is never made and then lost, and takes its name whole or not at all.
/// </summary>
internal sealed class SecretFile : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private readonly FileStream _stream;

    private SecretFile(string path, string partial, FileStream stream)
    {
        _path = path;
        _partial = partial;
        _stream = stream;
    }

    public string Path => _path;

    /// <param name="replace">False: an existing file is never written over.</param>
    public static SecretFile Reserve(string path, bool replace)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!replace && File.Exists(path))
        {
            throw CommandFailure.Usage($"{path} exists already; choose another file or give --force.");
        }
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        var partial = $"{path}.{Guid.NewGuid():n}.new";
        try
        {
            return new SecretFile(path, partial, new FileStream(partial, options));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Failed($"{path} cannot be written: {failure.Message}");
        }
    }

    public void Write<T>(T content)
    {
        _stream.Write(Encoding.UTF8.GetBytes(CliJson.Document(content) + "\n"));
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_partial, _path, overwrite: true);
    }

    public void Dispose()
    {
        _stream.Dispose();
        File.Delete(_partial);
    }
}
