using System.Net;
using System.Text.RegularExpressions;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A form as it stands on a page: where it leads, and the hidden values it carries.</summary>
internal sealed partial record Form(string Action, IReadOnlyList<KeyValuePair<string, string>> Hidden)
{
    public static Form Of(Page page, string id)
    {
        Match form = Forms().Matches(page.Body).First(match => match.Groups["head"].Value.Contains($"id=\"{id}\""));
        return new Form(
            WebUtility.HtmlDecode(ActionOf().Match(form.Groups["head"].Value).Groups[1].Value),
            [
                .. HiddenField()
                    .Matches(form.Groups["body"].Value)
                    .Select(field =>
                        KeyValuePair.Create(
                            WebUtility.HtmlDecode(field.Groups[1].Value),
                            WebUtility.HtmlDecode(field.Groups[2].Value)
                        )
                    ),
            ]
        );
    }

    [GeneratedRegex("<form(?<head>[^>]*)>(?<body>.*?)</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("action=\"([^\"]+)\"")]
    private static partial Regex ActionOf();

    [GeneratedRegex("type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")]
    private static partial Regex HiddenField();
}
