namespace Behalf.Sandbox.Endpoints;

/// <summary>
/// The filters of task search. Parameters nobody knows are ignored, as in the real service. A filter that names something
/// the caller cannot see matches nothing, so that it cannot be used to ask what is in there.
/// </summary>
internal sealed class TaskSearchFilter
{
    private readonly ApiCall _call;
    private readonly List<Func<TaskItem, IndexedTask, bool>> _conditions = [];

    private TaskSearchFilter(ApiCall call) => _call = call;

    public bool Matches(TaskItem task, IndexedTask state) => _conditions.TrueForAll(c => c(task, state));

    public static TaskSearchFilter Of(ApiCall call)
    {
        var filter = new TaskSearchFilter(call);
        filter.Text();
        filter.People();
        filter.Places();
        filter.Flags();
        filter.Dates();
        filter.CustomFields();
        return filter;
    }

    private void Text()
    {
        if (_call.Query("text") is not { } text)
        {
            return;
        }
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _conditions.Add(
            (_, s) =>
            {
                var notes = RichText.ReadPlain(s.NotesHtml, _call.View);
                return words.All(w =>
                    s.Name.Contains(w, StringComparison.OrdinalIgnoreCase)
                    || notes.Contains(w, StringComparison.OrdinalIgnoreCase)
                );
            }
        );
    }

    private void People()
    {
        Any<User>("assignee.any", (s, users) => s.Assignee is { } a && users.Contains(a));
        None<User>("assignee.not", (s, users) => s.Assignee is { } a && users.Contains(a));
        Any<User>("followers.any", (s, users) => s.Followers.Any(users.Contains));
        None<User>("followers.not", (s, users) => s.Followers.Any(users.Contains));
        Any<User>("created_by.any", (s, users) => users.Contains(s.CreatedBy));
        None<User>("created_by.not", (s, users) => users.Contains(s.CreatedBy));
    }

    /// <summary><c>projects.any</c> and <c>sections.any</c> together mean either.</summary>
    private void Places()
    {
        var (projects, sections) = (Named<Project>("projects.any"), Named<Section>("sections.any"));
        if (projects is not null || sections is not null)
        {
            _conditions.Add(
                (_, s) => s.Places.Any(p => projects?.Contains(p.Project) == true || sections?.Contains(p) == true)
            );
        }
        None<Project>("projects.not", (s, set) => s.Places.Any(p => set.Contains(p.Project)));
        All<Project>("projects.all", (s, project) => s.Places.Any(p => p.Project == project));
        None<Section>("sections.not", (s, set) => s.Places.Any(set.Contains));
        Any<Tag>("tags.any", (s, tags) => s.Tags.Any(tags.Contains));
        None<Tag>("tags.not", (s, tags) => s.Tags.Any(tags.Contains));
        All<Tag>("tags.all", (s, tag) => s.Tags.Contains(tag));
    }

    private void Flags()
    {
        Flag("completed", (_, s) => s.Completed);
        Flag("is_subtask", (_, s) => s.Parent is not null);
        Flag("is_blocked", (_, s) => s.HasDependencies);
        Flag("is_blocking", (_, s) => s.HasDependents);
        Flag("has_attachment", (t, _) => _call.Store.All<Attachment>().Any(a => a.Parent == t));
    }

    private void Dates()
    {
        Day("due_on", s => s.DueOn);
        Day("start_on", s => s.StartOn);
        Moment("created_at", (t, _) => t.CreatedAt);
        Moment("modified_at", (_, s) => s.ModifiedAt);
        Moment("completed_at", (_, s) => s.CompletedAt);
        Moment("due_at", (_, s) => s.DueAt);
    }

    /// <summary><c>custom_fields.{gid}.value</c>, for fields the caller sees on the task.</summary>
    private void CustomFields()
    {
        foreach (var (name, value) in _call.Http.Request.Query)
        {
            if (name.Split('.') is not ["custom_fields", var gid, var test])
            {
                continue;
            }
            var wanted = value.ToString();
            _conditions.Add(
                (task, state) =>
                    _call.Access.FieldsOn(_call.User, task).FirstOrDefault(f => f.Gid == gid) is { } field
                    && Holds(test, state.Values.GetValueOrDefault(field), wanted, name)
            );
        }
    }

    private static bool Holds(string test, object? value, string wanted, string name) =>
        test switch
        {
            "is_set" => value is not null == (wanted == "true"),
            "value" => value switch
            {
                EnumOption option => option.Gid == wanted,
                IEnumerable<EnumOption> options => options.Any(o => o.Gid == wanted),
                IEnumerable<User> users => users.Any(u => u.Gid == wanted),
                decimal number => decimal.TryParse(wanted, out var other) && number == other,
                DateOnly date => date == Properties.ParseDate(name, wanted),
                string text => text == wanted,
                _ => false,
            },
            "contains" => value is string content && content.Contains(wanted, StringComparison.OrdinalIgnoreCase),
            "less_than" => value is decimal low && decimal.TryParse(wanted, out var above) && low < above,
            "greater_than" => value is decimal high && decimal.TryParse(wanted, out var below) && high > below,
            _ => throw Refusal.BadRequest($"{name}: Not a recognized filter"),
        };

    private void Any<T>(string name, Func<IndexedTask, HashSet<T>, bool> test)
        where T : Entity
    {
        if (Named<T>(name) is { } set)
        {
            _conditions.Add((_, s) => test(s, set));
        }
    }

    private void None<T>(string name, Func<IndexedTask, HashSet<T>, bool> test)
        where T : Entity
    {
        if (Named<T>(name) is { } set)
        {
            _conditions.Add((_, s) => !test(s, set));
        }
    }

    private void All<T>(string name, Func<IndexedTask, T, bool> test)
        where T : Entity
    {
        if (Named<T>(name) is { } set)
        {
            var named = _call.Query(name)!.Split(',').Length;
            _conditions.Add((_, s) => set.Count == named && set.All(i => test(s, i)));
        }
    }

    /// <summary>The objects a filter names, without those the caller cannot see; null when the filter is absent.</summary>
    private HashSet<T>? Named<T>(string name)
        where T : Entity =>
        _call
            .Query(name)
            ?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(reference => Visible<T>(reference))
            .OfType<T>()
            .ToHashSet();

    private T? Visible<T>(string reference)
        where T : Entity
    {
        if (typeof(T) == typeof(User) && reference == "me")
        {
            return _call.User as T;
        }
        return _call.Store.TryFind(reference, out var item) && _call.Access.CanRead(_call.User, item)
            ? item as T
            : null;
    }

    private void Flag(string name, Func<TaskItem, IndexedTask, bool> read)
    {
        if (_call.Query(name) is { } text)
        {
            var wanted = bool.TryParse(text, out var flag)
                ? flag
                : throw Refusal.BadRequest($"{name}: Not a valid Boolean type: {text}");
            _conditions.Add((t, s) => read(t, s) == wanted);
        }
    }

    private void Day(string name, Func<IndexedTask, DateOnly?> read)
    {
        if (_call.Query(name) is { } exact)
        {
            DateOnly? wanted = exact == "null" ? null : Properties.ParseDate(name, exact);
            _conditions.Add((_, s) => read(s) == wanted);
        }
        if (_call.Query($"{name}.before") is { } before)
        {
            var limit = Properties.ParseDate($"{name}.before", before);
            _conditions.Add((_, s) => read(s) < limit);
        }
        if (_call.Query($"{name}.after") is { } after)
        {
            var limit = Properties.ParseDate($"{name}.after", after);
            _conditions.Add((_, s) => read(s) > limit);
        }
    }

    private void Moment(string name, Func<TaskItem, IndexedTask, DateTimeOffset?> read)
    {
        if (_call.Query($"{name}.before") is { } before)
        {
            var limit = Properties.ParseMoment($"{name}.before", before);
            _conditions.Add((t, s) => read(t, s) < limit);
        }
        if (_call.Query($"{name}.after") is { } after)
        {
            var limit = Properties.ParseMoment($"{name}.after", after);
            _conditions.Add((t, s) => read(t, s) > limit);
        }
    }
}
