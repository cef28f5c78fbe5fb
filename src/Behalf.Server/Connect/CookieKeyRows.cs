using System.Xml.Linq;
using Behalf.Vault;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Behalf.Server.Connect;

/// <summary>Sealed cookie keys in the database, so that a page of one node is finished on another.</summary>
internal sealed class CookieKeyRows(ICookieKeyStore store) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. store.List().Select(element => XElement.Parse(element))];

    public void StoreElement(XElement element, string friendlyName) =>
        store.Add(
            Guid.TryParse(element.Attribute("id")?.Value, out Guid id) ? id : Guid.NewGuid(),
            element.ToString(SaveOptions.DisableFormatting)
        );
}
