namespace Behalf.PracticeModel.Protocol;

/// <summary>Four characters to a token: near enough for limits and counts, and easy to predict in a test.</summary>
internal static class TokenEstimate
{
    public const int CharactersPerToken = 4;

    public static int Of(int characters) => (characters + CharactersPerToken - 1) / CharactersPerToken;
}
