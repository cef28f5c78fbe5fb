namespace Behalf.Server.Hosting;

/// <summary>Where the bundled connectors are when nobody says: beside the program, in the working folder, or above the program.</summary>
internal static class ConnectorsFolder
{
    private const string Name = "connectors";

    public static string Find()
    {
        IEnumerable<string> places =
        [
            AppContext.BaseDirectory,
            Directory.GetCurrentDirectory(),
            .. Above(AppContext.BaseDirectory),
        ];
        return places.Select(place => Path.Combine(place, Name)).FirstOrDefault(Directory.Exists)
            ?? Path.Combine(AppContext.BaseDirectory, Name);
    }

    private static IEnumerable<string> Above(string folder)
    {
        for (DirectoryInfo? at = new DirectoryInfo(folder).Parent; at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
