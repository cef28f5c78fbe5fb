using System.Xml.Linq;
using Behalf.Vault;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Behalf.Server.Connect;

/// <summary>The keys of cookies and form tokens, sealed by the vault before they are stored.</summary>
internal sealed class CookieKeySeal(IVault vault) : IXmlEncryptor
{
    internal const string Element = "sealed";

    internal static readonly SealPlace Place = new(default, null, Guid.Empty, "cookie_key");

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        using Secret xml = Secret.FromText(plaintextElement.ToString(SaveOptions.DisableFormatting));
        return new EncryptedXmlInfo(
            new XElement(Element, Convert.ToBase64String(vault.Seal(Place, xml))),
            typeof(CookieKeyOpening)
        );
    }
}

/// <summary>Opens what <see cref="CookieKeySeal"/> sealed; made by the framework from the stored type name.</summary>
internal sealed class CookieKeyOpening(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        using Secret xml = services
            .GetRequiredService<IVault>()
            .Open(CookieKeySeal.Place, Convert.FromBase64String(encryptedElement.Value));
        return XElement.Parse(xml.RevealText());
    }
}
