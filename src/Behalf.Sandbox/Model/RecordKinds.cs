using static Behalf.Sandbox.Model.RecordValue;

namespace Behalf.Sandbox.Model;

/// <summary>The kinds of object that need no code of their own.</summary>
internal static class RecordKinds
{
    private static readonly RecordField Name = new("name", Text, true);
    private static readonly RecordField Start = new("start_date", Date, true);
    private static readonly RecordField End = new("end_date", Date, true);

    public static readonly RecordKind ProjectBrief = new(
        "project_brief",
        "project_briefs",
        new("title", Text),
        new("html_text", Html, true)
    )
    {
        IsUpdated = true,
        IsDeleted = true,
    };

    public static readonly RecordKind ProjectStatus = new(
        "project_status",
        "project_statuses",
        new("title", Text),
        new("color", Text, true),
        new("html_text", Html, true)
    )
    {
        IsDeleted = true,
        IsOwn = true,
    };

    public static readonly RecordKind TimeEntry = new(
        "time_tracking_entry",
        "time_tracking_entries",
        new("duration_minutes", Number, true),
        new("entered_on", Date),
        new("attributable_to", RecordValue.Object)
    )
    {
        IsUpdated = true,
        IsDeleted = true,
        IsOwn = true,
        Filters = ["task", "attributable_to", "user", "workspace"],
    };

    public static readonly RecordKind ProjectTemplate = new(
        "project_template",
        "project_templates",
        Name,
        new("public", Flag),
        new("team", RecordValue.Object)
    )
    {
        IsDeleted = true,
        IsOwn = true,
        Filters = ["workspace", "team"],
    };

    public static readonly RecordKind GoalRelationship = new(
        "goal_relationship",
        "goal_relationships",
        new("supported_goal", RecordValue.Object),
        new("supporting_resource", RecordValue.Object, true),
        new("contribution_weight", Number)
    )
    {
        IsUpdated = true,
        Filters = ["supported_goal", "resource_subtype"],
        Needed = ["supported_goal"],
    };

    public static readonly RecordKind FieldSetting = new(
        "custom_field_setting",
        "custom_field_settings",
        new("custom_field", RecordValue.Object, true),
        new("parent", RecordValue.Object),
        new("is_important", Flag)
    );

    public static readonly RecordKind TimePeriod = new(
        "time_period",
        "time_periods",
        new("display_name", Text),
        new("period", Text),
        new("start_on", Date),
        new("end_on", Date)
    )
    {
        Filters = ["workspace"],
        Needed = ["workspace"],
    };

    public static readonly RecordKind TeamMembership = Membership("team", "is_guest", "is_limited_access");
    public static readonly RecordKind WorkspaceMembership = Membership(
        "workspace",
        "is_guest",
        "is_admin",
        "is_active"
    );
    public static readonly RecordKind PortfolioMembership = Membership("portfolio");

    public static readonly RecordKind Export = new(
        "organization_export",
        "organization_exports",
        new("organization", RecordValue.Object),
        new("state", Text)
    )
    {
        IsPrivate = true,
    };

    public static readonly RecordKind Webhook = new(
        "webhook",
        "webhooks",
        new("resource", RecordValue.Object),
        new("target", Text),
        new("active", Flag),
        new("filters", Json),
        new("last_success_at", Text),
        new("last_failure_at", Text),
        new("last_failure_content", Text)
    )
    {
        IsPrivate = true,
        IsDeleted = true,
        Filters = ["workspace", "resource"],
        Needed = ["workspace"],
    };

    public static IReadOnlyList<RecordKind> All { get; } =
    [
        new(
            "allocation",
            "allocations",
            new("assignee", Person, true),
            new("parent", RecordValue.Object, true),
            Start,
            End,
            new("effort", Json)
        )
        {
            HomeField = "parent",
            Filters = ["parent", "assignee", "workspace"],
            Needed = ["parent", "assignee", "workspace"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
        },
        new(
            "budget",
            "budgets",
            new("budget_type", Text, true),
            new("parent", RecordValue.Object, true),
            new("estimate", Json),
            new("actual", Json),
            new("total", Json)
        )
        {
            HomeField = "parent",
            Filters = ["parent"],
            Needed = ["parent"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
        },
        new(
            "rate",
            "rates",
            new("parent", RecordValue.Object, true),
            new("resource", Person, true),
            new("rate", Number, true)
        )
        {
            HomeField = "parent",
            Filters = ["parent", "resource"],
            Needed = ["parent"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
        },
        new("role", "roles", Name, new("description", Text))
        {
            HomeField = "workspace",
            Filters = ["workspace"],
            Needed = ["workspace"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
            IsAdministered = true,
        },
        new("time_tracking_category", "time_tracking_categories", Name, new("color", Text), new("is_archived", Flag))
        {
            HomeField = "workspace",
            Filters = ["workspace"],
            Needed = ["workspace"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
        },
        new("ooo_entry", "ooo_entries", new("user", Person, true), Start, End)
        {
            HomeField = "workspace",
            Filters = ["user", "workspace"],
            Needed = ["workspace"],
            IsCreated = true,
            IsUpdated = true,
            IsDeleted = true,
            IsOwn = true,
        },
        new(
            "timesheet_approval_status",
            "timesheet_approval_statuses",
            new("user", Person, true),
            Start,
            End,
            new("approval_status", Text)
        )
        {
            HomeField = "workspace",
            Filters = ["user", "workspace"],
            Needed = ["workspace"],
            IsCreated = true,
            IsUpdated = true,
        },
        ProjectBrief,
        ProjectStatus,
        TimeEntry,
        ProjectTemplate,
        GoalRelationship,
        TimePeriod,
        Export,
        Webhook,
        // Nothing in the practice world is one of these, and the API has no way to make one.
        new("task_template", "task_templates", Name) { Filters = ["project"], IsDeleted = true },
        new("custom_type", "custom_types", Name) { Filters = ["project"], Needed = ["project"] },
    ];

    private static RecordKind Membership(string of, params IReadOnlyList<string> flags) =>
        new(
            $"{of}_membership",
            $"{of}_memberships",
            [new("user", Person), new(of, RecordValue.Object), .. flags.Select(flag => new RecordField(flag, Flag))]
        );
}
