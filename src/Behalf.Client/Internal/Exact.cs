using System.Globalization;
using System.Numerics;

namespace Behalf.Client.Internal;

internal static class Exact
{
    private const long LargestSafeInteger = 9_007_199_254_740_992;

    /// <summary>
    /// False when a whole number would come out of a double as a different one, or is out of its range. Fractions are
    /// taken as the nearest double, as every JSON reader does.
    /// </summary>
    public static bool TryDouble(string jsonNumber, out double number)
    {
        if (
            !double.TryParse(jsonNumber, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            || !double.IsFinite(number)
        )
        {
            number = 0;
            return false;
        }
        return !BigInteger.TryParse(
                jsonNumber,
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var whole
            )
            || BigInteger.Abs(whole) <= LargestSafeInteger;
    }
}
