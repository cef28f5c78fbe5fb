using System.Xml.Linq;
using Behalf.Vault;

namespace Behalf.Server.Connect;

/// <summary>Cookie keys as values that the ring seals: counted before a ring key is destroyed, moved when it is replaced.</summary>
internal sealed partial class CookieKeyReferences(ICookieKeys store, IVault vault, ILogger<CookieKeyReferences> logger)
    : IRingReferences
{
    public int CountOf(RingKeyId key) => store.List().Count(stored => IsSealedBy(stored, key));

    public int MoveFrom(RingKeyId key)
    {
        int moved = 0;
        foreach (CookieKey read in store.List().Where(stored => IsSealedBy(stored, key)))
        {
            XElement element = XElement.Parse(read.Element);
            try
            {
                foreach (XElement part in SealedParts(element))
                {
                    using Secret xml = vault.Open(CookieKeySeal.Place, Convert.FromBase64String(part.Value));
                    part.Value = Convert.ToBase64String(vault.Seal(CookieKeySeal.Place, xml));
                }
            }
            catch (SealBrokenException broken)
            {
                Log.Broken(logger, read.Id, broken);
                continue;
            }

            store.Replace(read, element.ToString(SaveOptions.DisableFormatting));
            moved++;
        }

        return moved;
    }

    private static bool IsSealedBy(CookieKey stored, RingKeyId key) =>
        SealedParts(XElement.Parse(stored.Element))
            .Any(part => SealedValue.RingKeyOf(Convert.FromBase64String(part.Value)) == key);

    private static IEnumerable<XElement> SealedParts(XElement element) =>
        element.Descendants().Where(part => part.Name.LocalName == CookieKeySeal.Element);

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 125,
            Level = LogLevel.Critical,
            Message = "Cookie key {Key} does not open: sign-ins and forms it protects must begin again"
        )]
        public static partial void Broken(ILogger logger, Guid key, Exception exception);
    }
}
