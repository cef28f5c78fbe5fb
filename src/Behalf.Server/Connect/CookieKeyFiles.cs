using System.Text;
using System.Xml.Linq;
using Behalf.Server.Hosting;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Behalf.Server.Connect;

/// <summary>Sealed cookie keys in the data folder, one file each, readable by its owner only.</summary>
internal sealed class CookieKeyFiles(DataFolder folder) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        Directory.Exists(folder.CookieKeys)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder.CookieKeys, "*.xml")
                    .Order(StringComparer.Ordinal)
                    .Select(file => XElement.Load(file)),
            ]
            : [];

    public void StoreElement(XElement element, string friendlyName)
    {
        DataFolder.MakeFolder(folder.CookieKeys);
        string name = Guid.TryParse(element.Attribute("id")?.Value, out Guid id)
            ? id.ToString("n")
            : Guid.NewGuid().ToString("n");
        DataFolder.Write(Path.Combine(folder.CookieKeys, $"{name}.xml"), Encoding.UTF8.GetBytes(element.ToString()));
    }
}
