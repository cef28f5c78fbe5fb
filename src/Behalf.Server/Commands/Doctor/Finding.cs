namespace Behalf.Server.Commands.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="Text">What was found; where it is not fine, also what to do.</param>
internal sealed record Finding(bool IsFine, string Text)
{
    public static Finding Fine(string text) => new(true, text);

    public static Finding Wrong(string text) => new(false, text);
}
