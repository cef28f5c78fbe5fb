namespace Behalf.Unicode;

/// <summary>Syllables of Korean script are composed by arithmetic (The Unicode Standard, 3.12).</summary>
internal static class Hangul
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;

    /// <value>One before the first final: no final counts as final number zero.</value>
    private const int FinalBase = 0x11A7;

    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int FinalCount = 28;

    public static bool IsSyllable(int point) =>
        point is >= SyllableBase and < SyllableBase + (LeadCount * VowelCount * FinalCount);

    public static bool IsVowel(int point) => point is >= VowelBase and < VowelBase + VowelCount;

    public static bool IsFinal(int point) => point is > FinalBase and < FinalBase + FinalCount;

    public static void Decompose(int syllable, List<int> into)
    {
        int index = syllable - SyllableBase;
        into.Add(LeadBase + (index / (VowelCount * FinalCount)));
        into.Add(VowelBase + (index / FinalCount % VowelCount));
        if (index % FinalCount != 0)
        {
            into.Add(FinalBase + (index % FinalCount));
        }
    }

    public static int? Join(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + LeadCount && IsVowel(second))
        {
            int index = ((first - LeadBase) * VowelCount) + (second - VowelBase);
            return SyllableBase + (index * FinalCount);
        }

        bool isOpen = IsSyllable(first) && (first - SyllableBase) % FinalCount == 0;
        return isOpen && IsFinal(second) ? first + (second - FinalBase) : null;
    }
}
