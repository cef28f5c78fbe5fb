namespace Behalf.Server.Connect;

/// <summary>An outcome as its page says it; all text is inert.</summary>
/// <param name="Title">What happened.</param>
/// <param name="Paragraphs">To whom, why as far as known, the one next step.</param>
/// <param name="Code">A one-time code to type into the application.</param>
/// <param name="Status">Of the HTTP response.</param>
public sealed record Notice(
    string Title,
    IReadOnlyList<string> Paragraphs,
    string? Code = null,
    int Status = StatusCodes.Status200OK
)
{
    /// <value>A page of ours that helps on, such as the one to sign in as someone else.</value>
    public NoticeLink? Link { get; init; }

    public bool IsFine => Status < StatusCodes.Status400BadRequest;
}

public sealed record NoticeLink(string Text, string Path);
