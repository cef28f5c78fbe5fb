using System.Text;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Connect;

/// <summary>Cookie keys in the data folder, one file each, readable by its owner only.</summary>
internal sealed class CookieKeyFiles(DataFolder folder) : ICookieKeys
{
    public IReadOnlyList<CookieKey> List() =>
        Directory.Exists(folder.CookieKeys)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder.CookieKeys, "*.xml")
                    .Order(StringComparer.Ordinal)
                    .Where(file => Guid.TryParse(Path.GetFileNameWithoutExtension(file), out _))
                    .Select(file => new CookieKey(
                        Guid.Parse(Path.GetFileNameWithoutExtension(file)),
                        File.ReadAllText(file)
                    )),
            ]
            : [];

    public void Add(CookieKey key)
    {
        DataFolder.MakeFolder(folder.CookieKeys);
        if (!File.Exists(FileOf(key.Id)))
        {
            Write(key.Id, key.Element);
        }
    }

    /// <summary>One process serves the folder, so nothing comes between reading and writing.</summary>
    public void Replace(CookieKey read, string element)
    {
        string file = FileOf(read.Id);
        if (File.Exists(file) && File.ReadAllText(file) == read.Element)
        {
            Write(read.Id, element);
        }
    }

    private void Write(Guid id, string element) => DataFolder.Write(FileOf(id), Encoding.UTF8.GetBytes(element));

    private string FileOf(Guid id) => Path.Combine(folder.CookieKeys, $"{id:n}.xml");
}
