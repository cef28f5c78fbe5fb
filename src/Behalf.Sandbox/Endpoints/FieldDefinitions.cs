namespace Behalf.Sandbox.Endpoints;

/// <summary>Writes of custom fields and their options, and which things carry them.</summary>
internal static class FieldDefinitions
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/custom_fields", Create);
        routes.Put("/custom_fields/{custom_field_gid}", Update);
        routes.Delete("/custom_fields/{custom_field_gid}", Delete);
        routes.Post("/custom_fields/{custom_field_gid}/enum_options", AddOption);
        routes.Post("/custom_fields/{custom_field_gid}/enum_options/insert", MoveOption);
        routes.Put("/enum_options/{enum_option_gid}", UpdateOption);
        routes.Post("/projects/{project_gid}/addCustomFieldSetting", AddToProject);
        routes.Post("/projects/{project_gid}/removeCustomFieldSetting", RemoveFromProject);
        Settings<Goal>(routes, "goal");
        Settings<Portfolio>(routes, "portfolio");
        routes.Get(
            "/teams/{team_gid}/custom_field_settings",
            call => RecordEndpoints.Of(call, RecordKinds.FieldSetting, call.Target<Team>("team_gid"))
        );
    }

    public static FieldSetting Put(ApiCall call, Project project, CustomField field, bool isImportant)
    {
        var setting = call.Store.Add(
            new FieldSetting
            {
                Gid = call.Store.NextGid(),
                CreatedAt = call.Store.Now,
                Project = project,
                Field = field,
                IsImportant = isImportant,
            }
        );
        project.Fields.Add(setting);
        return setting;
    }

    private static void Settings<T>(ApiRoutes routes, string name)
        where T : Entity
    {
        var slot = $"{name}_gid";
        routes.Get(
            $"/{name}s/{{{slot}}}/custom_field_settings",
            call => RecordEndpoints.Of(call, RecordKinds.FieldSetting, call.Target<T>(slot))
        );
        routes.Post(
            $"/{name}s/{{{slot}}}/addCustomFieldSetting",
            call =>
            {
                var target = call.Target<T>(slot, AccessLevel.Edit);
                call.Data.Only("custom_field", "is_important", "insert_before", "insert_after");
                var values = new Dictionary<string, object?>
                {
                    ["custom_field"] = Field(call),
                    ["parent"] = target,
                    ["is_important"] = call.Data.Flag("is_important") ?? false,
                };
                return call.One(RecordEndpoints.Add(call, RecordKinds.FieldSetting, target, values));
            }
        );
        routes.Post(
            $"/{name}s/{{{slot}}}/removeCustomFieldSetting",
            call =>
            {
                var target = call.Target<T>(slot, AccessLevel.Edit);
                call.Data.Only("custom_field");
                var field = Field(call);
                var setting = RecordEndpoints
                    .All(call, RecordKinds.FieldSetting)
                    .FirstOrDefault(one => one.Home == target && one.Values["custom_field"] == field);
                call.Store.Remove(setting ?? throw NotOn(field));
                return ApiAnswer.Empty;
            }
        );
    }

    private static CustomField Field(ApiCall call) =>
        call.Readable<CustomField>("custom_field", call.Data.RequiredGid("custom_field"));

    private static Refusal NotOn(CustomField field) =>
        Refusal.BadRequest($"Custom field with ID {field.Gid} is not on given object");

    /// <summary>Its maker or an administrator; others only use it.</summary>
    private static CustomField Own(ApiCall call, CustomField field) =>
        field.CreatedBy == call.User || field.Workspace.Find(call.User) is { IsAdmin: true }
            ? field
            : throw Refusal.RoleTooLow();

    private static CustomField Own(ApiCall call) => Own(call, call.Target<CustomField>("custom_field_gid"));

    private static ApiAnswer Create(ApiCall call)
    {
        call.Data.Only("name", "workspace", "resource_subtype", "type", "description", "precision", "enum_options");
        var workspace = call.Readable<Workspace>("workspace", call.Data.RequiredGid("workspace"));
        if (!workspace.IsPremium || !AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.PlanRequired("Custom Fields are not available for free users or guests.");
        }
        var word = call.Data.Text("resource_subtype") ?? call.Data.RequiredText("type");
        var field = new CustomField
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = call.Data.RequiredText("name"),
            Workspace = workspace,
            Type =
                Enum.GetValues<FieldType>()
                    .Cast<FieldType?>()
                    .FirstOrDefault(type => CustomFieldFields.Word(type!.Value) == word)
                ?? throw Refusal.BadRequest($"resource_subtype: Not a recognized type: {word}"),
            IsGlobal = true,
            Description = call.Data.Text("description") ?? "",
            CreatedBy = call.User,
        };
        foreach (var option in call.Data.Objects("enum_options"))
        {
            Option(call, field, new Properties(option));
        }
        return call.Created(call.Store.Add(field), "custom_fields");
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var field = Own(call);
        call.Data.Only("name", "description");
        field.Name = call.Data.Has("name") ? call.Data.RequiredText("name") : field.Name;
        field.Description = call.Data.Text("description") ?? field.Description;
        return call.One(field);
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        var field = Own(call);
        foreach (var setting in call.Store.All<FieldSetting>().Where(one => one.Field == field).ToList())
        {
            setting.Project.Fields.Remove(setting);
            call.Store.Remove(setting);
        }
        foreach (var task in call.Store.All<TaskItem>())
        {
            task.Values.Remove(field);
        }
        field.Options.ForEach(call.Store.Remove);
        call.Store.Remove(field);
        return ApiAnswer.Empty;
    }

    private static EnumOption Option(ApiCall call, CustomField field, Properties data)
    {
        if (field.Type is not (FieldType.Enum or FieldType.MultiEnum))
        {
            throw Refusal.BadRequest("custom_field: Only enum fields have options");
        }
        var option = new EnumOption
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = data.RequiredText("name"),
            Field = field,
            Color = data.Text("color") ?? "none",
            Enabled = data.Flag("enabled") ?? true,
        };
        field.Options.Add(call.Store.Add(option));
        return option;
    }

    private static ApiAnswer AddOption(ApiCall call)
    {
        var field = Own(call);
        call.Data.Only("name", "color", "enabled", "insert_before", "insert_after");
        return call.Created(Option(call, field, call.Data), "enum_options");
    }

    private static ApiAnswer MoveOption(ApiCall call)
    {
        var field = Own(call);
        call.Data.Only("enum_option", "before_enum_option", "after_enum_option");
        EnumOption Of(string name) =>
            field.Options.Find(option => option.Gid == call.Data.Gid(name)) ?? throw Refusal.Missing(name);
        var option = Of("enum_option");
        var isBefore = call.Data.Has("before_enum_option");
        var neighbour = Of(isBefore ? "before_enum_option" : "after_enum_option");
        if (neighbour != option)
        {
            field.Options.Remove(option);
            field.Options.Insert(field.Options.IndexOf(neighbour) + (isBefore ? 0 : 1), option);
        }
        return call.One(option);
    }

    private static ApiAnswer UpdateOption(ApiCall call)
    {
        var option = call.Target<EnumOption>("enum_option_gid");
        Own(call, option.Field);
        call.Data.Only("name", "color", "enabled");
        option.Name = call.Data.Has("name") ? call.Data.RequiredText("name") : option.Name;
        option.Color = call.Data.Text("color") ?? option.Color;
        option.Enabled = call.Data.Flag("enabled") ?? option.Enabled;
        return call.One(option);
    }

    private static Project Customizable(ApiCall call)
    {
        var project = call.Target<Project>("project_gid");
        call.Require(project, project.MinimumLevelForCustomization);
        return project;
    }

    private static ApiAnswer AddToProject(ApiCall call)
    {
        var project = Customizable(call);
        call.Data.Only("custom_field", "is_important", "insert_before", "insert_after");
        var field = Field(call);
        if (field.Workspace != project.Workspace || project.Fields.Exists(one => one.Field == field))
        {
            throw Refusal.BadRequest("custom_field: Already on this project, or of another workspace");
        }
        return call.One(Put(call, project, field, call.Data.Flag("is_important") ?? false));
    }

    private static ApiAnswer RemoveFromProject(ApiCall call)
    {
        var project = Customizable(call);
        call.Data.Only("custom_field");
        var field = Field(call);
        var setting = project.Fields.Find(one => one.Field == field) ?? throw NotOn(field);
        project.Fields.Remove(setting);
        call.Store.Remove(setting);
        return ApiAnswer.Empty;
    }
}
