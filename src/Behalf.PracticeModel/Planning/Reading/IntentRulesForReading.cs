namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>The forms of words that ask and change nothing.</summary>
internal static class IntentRulesForReading
{
    private const string Q = MaskedText.Mark;
    private const string Show =
        @"(?:show|list|display|get|give|read|see|view|fetch|tell|print|what are|what're|which are|find(?=\s+(?:me\s+)?(?:my|all|overdue|open|completed)\b))(?:\s+(?:me|us))?(?:\s+(?:about|of))?";
    private const string What = @"(?:what|which)(?:'s|’s|\s+is|\s+are)?";
    private const string The = @"(?:the|a|an|all|all the|all of the|any|every|my|our|all my|all of my)";

    // what may stand before the noun of a list: "my three latest open", "somebody's overdue"
    private const string Which =
        @"(?:(?:open|overdue|late|completed|done|finished|closed|incomplete|unfinished|pending|outstanding|remaining|recent|latest|current|active|new|newest|other|visible|private|urgent|high-priority|low-priority|first|last|top|next|up to|of|the|my|\d{1,3}|(?-i:\p{Lu}[\w.-]*)(?:'s|’s))\s+)*";
    private static readonly string Task = Words.Pattern("task");
    private static readonly string Place = Words.Pattern("project");
    private static readonly string AnyNoun = Words.Pattern(
        "task",
        "project",
        "user",
        "section",
        "tag",
        "team",
        "workspace",
        "portfolio",
        "goal",
        "message",
        "channel",
        "page",
        "repository",
        "event"
    );

    public static IReadOnlyList<IntentRule> All { get; } =
    [
        // one thing's parts
        Of(
            Verb.List,
            "subtask",
            $@"(?:{Show}|{What})\s*(?:{The}\s+)?(?:subtasks|sub-tasks)\s+(?:are\s+)?(?:of|in|for|on|under|does)\s+(?<target>.+?)(?:\s+have)?",
            "task"
        ),
        Of(
            Verb.List,
            "attachment",
            $@"(?:{Show}|{What})\s*(?:{The}\s+)?(?:attachments?|files?)\s+(?:are\s+)?(?:attached\s+)?(?:of|in|for|on|to)\s+(?<target>.+)",
            "task"
        ),
        Of(
            Verb.List,
            "section",
            $@"(?:{Show}|{What})\s*(?:{The}\s+)?(?:sections|columns|lanes)\s+(?:are\s+)?(?:there\s+)?(?:of|in|for|on|does)\s+(?<target>.+?)(?:\s+have)?",
            "project"
        ),
        Of(
            Verb.List,
            "field",
            $@"(?:{Show}|{What})\s*(?:{The}\s+)?(?:custom\s+)?fields\s+(?:are\s+)?(?:there\s+)?(?:of|in|for|on|does)\s+(?<target>.+?)(?:\s+have)?",
            "project"
        ),
        Of(
            Verb.List,
            "user",
            $@"(?:{Show}|{What})\s*(?:{The}\s+)?(?:members|people)\s+(?:are\s+)?(?:of|in|on)\s+(?<target>.+)",
            "project"
        ),
        Of(
            Verb.List,
            "user",
            $@"who\s+(?:is|are|works|else is)\s+(?:(?:a\s+|the\s+)?members?\s+of|in|on|working on|working in)\s+(?<target>(?:the\s+)?.+)",
            "project"
        ),
        Of(
            Verb.Count,
            "task",
            $@"how\s+many\s+(?:\w+\s+)?(?:{Task})\s+(?:are\s+(?:there\s+)?|does\s+|do i have\s+)?(?:left\s+)?(?:in|on|under|for)?\s*(?<target>(?!do\b).+?)(?:\s+have)?",
            "project"
        ),
        Of(
            Verb.List,
            "task",
            $@"how\s+many\s+(?:\w+\s+)*?(?<noun>{Task})\s+(?:do i have|are (?:on my plate|assigned to me|mine))",
            form: RuleForm.Listing,
            mine: true
        ),
        // one thing's field
        Of(Verb.Get, "task", @"when\s+is\s+(?<target>.+?)\s+due", asked: Slot.Due),
        Of(
            Verb.Get,
            "task",
            @"(?:who\s+is\s+assigned\s+to|who\s+owns|who\s+is\s+responsible\s+for|who\s+has)\s+(?<target>.+)",
            asked: Slot.Assignee
        ),
        Of(Verb.Get, "task", $@"(?:{What})\s+the\s+priority\s+of\s+(?<target>.+)", asked: Slot.Priority),
        Of(
            Verb.Get,
            "task",
            $@"(?:{What})\s+the\s+(?:due date|deadline)\s+(?:of|for)\s+(?<target>.+)",
            asked: Slot.Due
        ),
        Of(
            Verb.Get,
            "task",
            $@"(?:{What})\s+the\s+status\s+of\s+(?<target>(?!.*\b(?:{Place})$).+)",
            asked: Slot.Completed
        ),
        Of(
            Verb.Get,
            "task",
            $@"is\s+(?<target>.+?)\s+(?:done|finished|complete|completed|closed)(?:\s+yet)?",
            asked: Slot.Completed
        ),
        // my work
        Of(
            Verb.List,
            "task",
            $@"what\s+am\s+i\s+(?:working\s+on|doing|supposed to do|assigned(?:\s+to)?)\b.*",
            form: RuleForm.Listing,
            mine: true,
            fixedSlot: (Slot.Status, "open")
        ),
        Of(
            Verb.List,
            "task",
            @"what(?:'s|’s|\s+is)?\s+(?:on\s+my\s+(?:plate|list|agenda|todo list|to-do list)|my\s+work|assigned\s+to\s+me|mine|left for me)\b.*",
            form: RuleForm.Listing,
            mine: true,
            fixedSlot: (Slot.Status, "open")
        ),
        Of(
            Verb.List,
            "task",
            @"what\s+(?:do|should|must|can)\s+i\s+(?:have\s+to\s+|need\s+to\s+)?(?:do|work on|have|finish)\b.*",
            form: RuleForm.Listing,
            mine: true,
            fixedSlot: (Slot.Status, "open")
        ),
        Of(
            Verb.List,
            "task",
            @"what(?:'s|’s|\s+is)\s+(?:due|overdue|late)\b.*",
            form: RuleForm.Listing,
            mine: true,
            fixedSlot: (Slot.Status, "open")
        ),
        Of(
            Verb.List,
            "task",
            @"what(?:'s|’s|\s+is)\s+(?<person>(?-i:\p{Lu}[\w-]+)|\uE000\d+\uE001)\s+(?:working\s+on|doing|assigned(?:\s+to)?)",
            form: RuleForm.Listing,
            fixedSlot: (Slot.Status, "open")
        ),
        // what is in a place
        Of(
            Verb.ListIn,
            "",
            $@"(?:{Show}|open|what are)\s+(?:the\s+|my\s+|our\s+)?(?<target>(?:{Q}|(?-i:[\p{{Lu}}\p{{Lo}}]).*?)\s+boards?)",
            "project"
        ),
        Of(
            Verb.ListIn,
            "task",
            $@"(?:does|has|do)\s+(?<target>.+?)\s+(?:have|got)\s+(?:any\s+)?(?:open\s+|unfinished\s+)?(?:{Task})(?:\s+left)?",
            "project"
        ),
        Of(
            Verb.ListIn,
            "",
            $@"(?:{What}|{Show}|tell me what(?:'s|’s| is))\s*(?:(?:everything|all|anything)\s+)?(?:what(?:'s|’s|\s+is)\s+)?(?:there\s+)?(?:in|on|inside|within)\s+(?:the\s+|my\s+|our\s+)?(?<target>.+)",
            "project"
        ),
        Of(
            Verb.List,
            "",
            $@"(?:{Show}|{What}|are there|do i have|have i)\s*(?:{The}\s+)?{Which}(?<noun>{AnyNoun})(?:[\s,]+.*)?",
            form: RuleForm.Listing
        ),
        Of(
            Verb.List,
            "",
            $@"(?:{The}\s+)?{Which}(?<noun>{AnyNoun})(?:\s+(?:due|in|for|of|assigned|that|i)\b.*)?",
            form: RuleForm.Listing
        ),
        // looking for things
        Of(
            Verb.Find,
            "",
            $@"(?:search|look|hunt)\s+(?:for\s+)?(?:(?:{The}|some)\s+)?(?:(?<noun>{AnyNoun})\s+)?(?:for\s+|about\s+|called\s+|named\s+|containing\s+|with\s+|mentioning\s+|on\s+|up\s+)*(?:the\s+)?(?<query>.+)"
        ),
        Of(
            Verb.Find,
            "",
            $@"(?:find|locate)(?:\s+me)?\s+(?:(?:{The}|some)\s+)?(?:(?<noun>{AnyNoun})\s+)?(?:(?:for|about|called|named|containing|with|mentioning|on)\s+)*(?:the\s+)?(?<query>.+)"
        ),
        Of(
            Verb.Find,
            "",
            $@"(?:is there|are there|do we have|do i have)\s+(?:an?\s+|any\s+)?(?<noun>{AnyNoun})\s+(?:called|named|about|for|on|mentioning|containing)\s+(?<query>.+)"
        ),
        // one thing
        Of(
            Verb.Get,
            "",
            $@"(?:{Show}|open|describe|explain|summari[sz]e|{What})\s*(?:{The}\s+)?(?:(?:details?|info|information|status|summary|description)\s+(?:of|about|for|on)\s+)?(?:{The}\s+)?(?<noun>{AnyNoun})\s+(?<target>.+)"
        ),
        Of(
            Verb.Get,
            "",
            $@"(?:{Show}|open|describe|explain|summari[sz]e|{What})\s*(?:{The}\s+)?(?:(?:details?|info|information|status|summary|description)\s+(?:of|about|for|on)\s+)?(?:{The}\s+)?(?<target>.+?)\s+(?<noun>{AnyNoun})"
        ),
        Of(Verb.Get, "user", @"who\s+is\s+(?<target>.+)"),
        Of(
            Verb.Get,
            "task",
            $@"(?:{Show}|open|describe|explain|summari[sz]e|{What})\s*(?:(?:{The}\s+)?(?:details?|info|information|status|summary|description)\s+(?:of|about|for|on)\s+)?(?<target>.*{Q}|(?-i:[\p{{Lu}}\p{{Lo}}]).*|it|that|this|the first one)"
        ),
    ];

    private static IntentRule Of(
        Verb verb,
        string noun,
        string pattern,
        string? targetNoun = null,
        RuleForm form = RuleForm.Groups,
        (Slot, string)? fixedSlot = null,
        bool mine = false,
        Slot? asked = null
    ) => IntentRules.Of(verb, noun, pattern, targetNoun, form, fixedSlot, mine, asked);
}
