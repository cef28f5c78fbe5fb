using System.Xml.Linq;
using Behalf.Vault;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Behalf.Server.Connect;

/// <summary>The framework's view of the stored cookie keys.</summary>
internal sealed class CookieKeyRows(ICookieKeys store) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. store.List().Select(key => XElement.Parse(key.Element))];

    public void StoreElement(XElement element, string friendlyName) =>
        store.Add(
            new CookieKey(
                Guid.TryParse(element.Attribute("id")?.Value, out Guid id) ? id : Guid.NewGuid(),
                element.ToString(SaveOptions.DisableFormatting)
            )
        );
}
