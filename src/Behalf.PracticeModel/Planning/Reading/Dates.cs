using System.Globalization;
using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>A day, or a run of days with both ends included.</summary>
internal sealed record DayRange(DateOnly First, DateOnly Last)
{
    public static DayRange Of(DateOnly day) => new(day, day);
}

/// <summary>Reads dates as people write them, relative to today. Weeks begin on Monday; a weekday is the next such day.</summary>
internal static partial class Dates
{
    private const string Weekday =
        "mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?";

    private const string Month =
        "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";

    /// <value>Matches a date that <see cref="Read"/> understands.</value>
    public const string Pattern =
        @"(?:\d{4}-\d{2}-\d{2}|the day after tomorrow|day after tomorrow|today|tonight|tomorrow|yesterday"
        + $@"|(?:this |next |coming |on )?(?:{Weekday})\b|(?:this|next) (?:week|month)|(?:the )?end of (?:the |this |next )?(?:week|month)"
        + $@"|in (?:\d+|a|one|two|three) (?:day|week)s?|(?:{Month})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{Month})\b(?: \d{{4}})?)";

    public static DayRange? Read(string text, DateOnly today)
    {
        var words = text.Trim().ToLowerInvariant();
        words = words.StartsWith("the ", StringComparison.Ordinal) ? words[4..] : words;
        if (
            DateOnly.TryParseExact(
                words,
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var exact
            )
        )
        {
            return DayRange.Of(exact);
        }

        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        return words switch
        {
            "today" or "tonight" => DayRange.Of(today),
            "tomorrow" => DayRange.Of(today.AddDays(1)),
            "day after tomorrow" => DayRange.Of(today.AddDays(2)),
            "yesterday" => DayRange.Of(today.AddDays(-1)),
            "this week" => new(today, monday.AddDays(6)),
            "next week" => new(monday.AddDays(7), monday.AddDays(13)),
            "this month" => new(today, MonthEnd(today)),
            "next month" => new(MonthEnd(today).AddDays(1), MonthEnd(MonthEnd(today).AddDays(1))),
            _ when words.StartsWith("end of", StringComparison.Ordinal) => DayRange.Of(EndOf(words, today, monday)),
            _ => ReadWeekday(words, today) ?? ReadDistance(words, today) ?? ReadMonthDay(words, today),
        };
    }

    private static DateOnly EndOf(string words, DateOnly today, DateOnly monday)
    {
        var next = words.Contains("next", StringComparison.Ordinal);
        return words.EndsWith("week", StringComparison.Ordinal)
            ? monday.AddDays(next ? 11 : 4)
            : MonthEnd(next ? MonthEnd(today).AddDays(1) : today);
    }

    private static DayRange? ReadWeekday(string words, DateOnly today)
    {
        if (WeekdayWords().Match(words) is not { Success: true } match)
        {
            return null;
        }

        var prefix = match.Groups["day"].Value[..3];
        var day = Enum.GetValues<DayOfWeek>()
            .First(value => value.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        var ahead = (((int)day - (int)today.DayOfWeek) + 7) % 7;
        return DayRange.Of(today.AddDays(ahead == 0 ? 7 : ahead));
    }

    private static DayRange? ReadDistance(string words, DateOnly today)
    {
        if (DistanceWords().Match(words) is not { Success: true } match)
        {
            return null;
        }

        var count = match.Groups["count"].Value switch
        {
            "a" or "one" => 1,
            "two" => 2,
            "three" => 3,
            var digits => int.Parse(digits, CultureInfo.InvariantCulture),
        };
        return DayRange.Of(today.AddDays(match.Groups["unit"].Value == "week" ? 7 * count : count));
    }

    private static DayRange? ReadMonthDay(string words, DateOnly today)
    {
        if (MonthDayWords().Match(words) is not { Success: true } match)
        {
            return null;
        }

        var month =
            Array.FindIndex(
                CultureInfo.InvariantCulture.DateTimeFormat.MonthNames,
                name => name.StartsWith(match.Groups["month"].Value[..3], StringComparison.OrdinalIgnoreCase)
            ) + 1;
        var day = int.Parse(match.Groups["day"].Value, CultureInfo.InvariantCulture);
        var stated = match.Groups["year"].Success;
        var year = stated ? int.Parse(match.Groups["year"].Value, CultureInfo.InvariantCulture) : today.Year;
        if (year < 1 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return null;
        }

        var date = new DateOnly(year, month, day);
        return DayRange.Of(
            !stated && date < today && DateTime.DaysInMonth(year + 1, month) >= day ? date.AddYears(1) : date
        );
    }

    private static DateOnly MonthEnd(DateOnly day) =>
        new(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month));

    [GeneratedRegex($@"^(?:this |next |coming |on )?(?<day>{Weekday})$", RegexOptions.IgnoreCase, 250)]
    private static partial Regex WeekdayWords();

    [GeneratedRegex(@"^in (?<count>\d{1,4}|a|one|two|three) (?<unit>day|week)s?$", RegexOptions.IgnoreCase, 250)]
    private static partial Regex DistanceWords();

    [GeneratedRegex(
        $@"^(?:(?<month>{Month})\.? (?<day>\d{{1,2}})(?:st|nd|rd|th)?|(?<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?<month>{Month}))(?:,? (?<year>\d{{4}}))?$",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex MonthDayWords();
}
