using System.Text.Json;

namespace Behalf.Sandbox.Endpoints;

/// <summary>Reads and writes of the kinds that need no code of their own.</summary>
internal static class RecordEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        foreach (var kind in RecordKinds.All)
        {
            var slot = $"{kind.Name}_gid";
            var one = $"/{kind.Collection}/{{{slot}}}";
            routes.Get(one, call => call.One(Target(call, kind)));
            if (kind.Filters.Count > 0)
            {
                routes.Get($"/{kind.Collection}", call => List(call, kind));
            }
            if (kind.IsCreated)
            {
                routes.Post($"/{kind.Collection}", call => Create(call, kind, Home(call, kind), kind.HomeField));
            }
            if (kind.IsUpdated)
            {
                routes.Put(one, call => Update(call, kind));
            }
            if (kind.IsDeleted)
            {
                routes.Delete(one, call => Delete(call, kind));
            }
        }
        routes.Post(
            "/projects/{project_gid}/project_briefs",
            call => Create(call, RecordKinds.ProjectBrief, call.Target<Project>("project_gid"))
        );
        routes.Post(
            "/projects/{project_gid}/project_statuses",
            call => Create(call, RecordKinds.ProjectStatus, call.Target<Project>("project_gid"))
        );
        routes.Get(
            "/projects/{project_gid}/project_statuses",
            call => Of(call, RecordKinds.ProjectStatus, call.Target<Project>("project_gid"))
        );
        routes.Post(
            "/tasks/{task_gid}/time_tracking_entries",
            call => Create(call, RecordKinds.TimeEntry, call.Target<TaskItem>("task_gid"))
        );
        routes.Get(
            "/tasks/{task_gid}/time_tracking_entries",
            call => Of(call, RecordKinds.TimeEntry, call.Target<TaskItem>("task_gid"))
        );
        routes.Get(
            "/time_tracking_categories/{time_tracking_category_gid}/time_tracking_entries",
            call =>
            {
                call.Target<Record>("time_tracking_category_gid");
                return call.Page([]); // an entry's category cannot be set here
            }
        );
        routes.Get(
            "/workspaces/{workspace_gid}/agents",
            call => Nothing(call, call.Target<Workspace>("workspace_gid"))
        );
        routes.Get("/agents/{agent_gid}", call => throw Refusal.Unknown("agent", call.Route("agent_gid")));
        routes.Get("/reactions", call => Nothing(call, call.ReadableAny("target", call.RequiredQuery("target"))));
        routes.Get(
            "/projects/{project_gid}/project_portfolio_settings",
            call => Nothing(call, call.Target<Project>("project_gid"))
        );
        routes.Get(
            "/portfolios/{portfolio_gid}/project_portfolio_settings",
            call => Nothing(call, call.Target<Portfolio>("portfolio_gid"))
        );
        const string setting = "project_portfolio_setting";
        routes.Get(
            $"/{setting}s/{{{setting}_gid}}",
            call => throw Refusal.Unknown(setting, call.Route($"{setting}_gid"))
        );
        routes.Put(
            $"/{setting}s/{{{setting}_gid}}",
            call => throw Refusal.Unknown(setting, call.Route($"{setting}_gid"))
        );
    }

    /// <summary>A new one with what <c>data</c> says.</summary>
    /// <param name="home">What it belongs to; the caller must be allowed to change that.</param>
    /// <param name="homeField">The property that named it, when one did.</param>
    public static ApiAnswer Create(ApiCall call, RecordKind kind, Entity home, string? homeField = null)
    {
        RequireWriting(call, kind, home);
        call.Data.Only([.. Writable(kind), .. homeField is null ? [] : new[] { homeField }]);
        return call.Created(Add(call, kind, home, Read(call, kind, home, isNew: true)), kind.Collection);
    }

    public static Record Add(ApiCall call, RecordKind kind, Entity home, IReadOnlyDictionary<string, object?> values)
    {
        var record = new Record
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Kind = kind,
            Home = home,
            CreatedBy = call.User,
        };
        Set(record, values);
        return call.Store.Add(record);
    }

    public static IEnumerable<Record> All(ApiCall call, RecordKind kind) =>
        call.Store.All<Record>().Where(record => record.Kind == kind);

    public static ApiAnswer Of(ApiCall call, RecordKind kind, Entity home) =>
        call.Page(All(call, kind).Where(record => record.Home == home));

    public static Record Target(ApiCall call, RecordKind kind)
    {
        var slot = $"{kind.Name}_gid";
        var record = call.Target<Record>(slot);
        return record.Kind == kind ? record : throw Refusal.WrongKind(kind.Name, call.Route(slot));
    }

    /// <summary>A list that the practice world has nothing for; what it is asked of must be visible all the same.</summary>
    private static ApiAnswer Nothing(ApiCall call, Entity of) =>
        call.Access.CanRead(call.User, of) ? call.Page([]) : throw Refusal.NoAccess(of);

    private static Entity Home(ApiCall call, RecordKind kind) =>
        call.ReadableAny(kind.HomeField!, call.Data.RequiredGid(kind.HomeField!));

    private static ApiAnswer List(ApiCall call, RecordKind kind)
    {
        if (kind.Needed.Count > 0 && !kind.Needed.Any(name => call.Query(name) is not null))
        {
            throw Refusal.Missing(kind.Needed[0]);
        }
        var records = All(call, kind);
        foreach (var name in kind.Filters)
        {
            if (name != "resource_subtype" && call.Query(name) is { } reference)
            {
                var wanted =
                    reference == "me" || reference.Contains('@', StringComparison.Ordinal)
                        ? call.ReadableUser(name, reference)
                        : call.ReadableAny(name, reference);
                records = records.Where(record =>
                    record.Home == wanted
                    || record.Values.GetValueOrDefault(name) == wanted
                    || (name == "user" && record.CreatedBy == wanted)
                    || (wanted is Workspace && AccessRules.WorkspaceOf(record) == wanted)
                );
            }
        }
        return call.Page(records.ToList());
    }

    private static ApiAnswer Update(ApiCall call, RecordKind kind)
    {
        var record = Target(call, kind);
        RequireChanging(call, record);
        call.Data.Only([.. Writable(kind)]);
        Set(record, Read(call, kind, record.Home, isNew: false));
        return call.One(record);
    }

    private static ApiAnswer Delete(ApiCall call, RecordKind kind)
    {
        var record = Target(call, kind);
        RequireChanging(call, record);
        call.Store.Remove(record);
        return ApiAnswer.Empty;
    }

    private static void RequireChanging(ApiCall call, Record record)
    {
        RequireAdministrator(call, record.Kind, record.Home);
        call.Require(record, AccessLevel.Edit);
    }

    private static void RequireWriting(ApiCall call, RecordKind kind, Entity home)
    {
        RequireAdministrator(call, kind, home);
        if (home is Workspace workspace)
        {
            if (!AccessRules.IsFullMember(call.User, workspace))
            {
                throw Refusal.RoleTooLow();
            }
        }
        else
        {
            call.Require(home, AccessLevel.Edit);
        }
    }

    private static void RequireAdministrator(ApiCall call, RecordKind kind, Entity home)
    {
        if (kind.IsAdministered && AccessRules.WorkspaceOf(home)?.Find(call.User) is not { IsAdmin: true })
        {
            throw Refusal.RoleTooLow();
        }
    }

    private static IEnumerable<string> Writable(RecordKind kind) =>
        kind
            .Fields.Select(field => field.Name)
            .Concat(kind.Fields.Any(field => field.Type == RecordValue.Html) ? ["text"] : []);

    /// <summary>Everything is read and checked before anything is changed. A null is given; what is absent is not in it.</summary>
    private static Dictionary<string, object?> Read(ApiCall call, RecordKind kind, Entity home, bool isNew)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var field in kind.Fields)
        {
            var given = call.Data.Has(field.Name) || (field.Type == RecordValue.Html && call.Data.Has("text"));
            var value = given ? Value(call, field, home) : null;
            if (value is null && field.IsRequired && (isNew || given))
            {
                throw Refusal.Missing(field.Type == RecordValue.Html ? "text" : field.Name);
            }
            if (given)
            {
                values[field.Name] = value;
            }
        }
        if (
            values.GetValueOrDefault("start_date") is DateOnly start
            && values.GetValueOrDefault("end_date") is DateOnly end
            && end < start
        )
        {
            throw Refusal.BadRequest("end_date: Must not be before start_date");
        }
        return values;
    }

    private static object? Value(ApiCall call, RecordField field, Entity home) =>
        field.Type switch
        {
            RecordValue.Text => call.Data.Text(field.Name),
            RecordValue.Number => NumberOf(call, field.Name),
            RecordValue.Flag => call.Data.Flag(field.Name),
            RecordValue.Date => call.Data.Date(field.Name),
            RecordValue.Person => call.Data.Gid(field.Name) is { } who
                ? call.MemberOf(AccessRules.WorkspaceOf(home)!, field.Name, who)
                : null,
            RecordValue.Object => call.Data.Gid(field.Name) is { } gid ? call.ReadableAny(field.Name, gid) : null,
            RecordValue.Json => call.Data.Object(field.Name)?.DeepClone(),
            RecordValue.Html => TaskWriter.Notes(call, isComment: true),
            _ => throw new InvalidOperationException($"Unknown value {field.Type}."),
        };

    private static object? NumberOf(ApiCall call, string name) =>
        call.Data.Node(name) switch
        {
            null => null,
            JsonValue value
                when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out decimal number) => number,
            { } other => throw Refusal.BadRequest($"{name}: Not a valid Number type: {Properties.Kind(other)}"),
        };

    private static void Set(Record record, IReadOnlyDictionary<string, object?> values)
    {
        foreach (var (name, value) in values)
        {
            if (value is null)
            {
                record.Values.Remove(name);
            }
            else
            {
                record.Values[name] = value;
            }
        }
    }
}
