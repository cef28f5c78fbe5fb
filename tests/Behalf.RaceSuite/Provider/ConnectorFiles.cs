namespace Behalf.RaceSuite.Provider;

/// <summary>The provider as three connectors, one for each habit: the same but for what their profiles say of refresh.</summary>
internal static class ConnectorFiles
{
    public static void Write(string folder)
    {
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            string place = Path.Combine(folder, habit.Slug());
            Directory.CreateDirectory(place);
            File.WriteAllText(Path.Combine(place, "connector.yaml"), Yaml(habit));
        }
    }

    private static string Yaml(Habit habit) =>
        $$"""
            format: 1
            slug: {{habit.Slug()}}
            name: Ledger ({{habit.Slug()}})
            description: The race suite's provider, with refresh tokens that are {{habit.Slug()}}.
            base_url: https://ledger.example
            oauth:
              origin: https://ledger.example
              authorize_path: /authorize
              token_path: /token
              revoke_path: /revoke
              default_scopes: [notes]
              rotation: {{(habit == Habit.Steady ? "none" : "rotating")}}
              rotation_grace: {{(habit == Habit.Grace ? (int)Ledger.Grace.TotalSeconds : 0)}}
              default_access_lifetime: 3600
              user_path: /api/whose
              user_id_path: user
              user_name_path: user
              rejects_before_effect: true
            requests:
              message: =body.error
              errors:
                - {status: 401, kind: reconnect_required}
                - {status: 4xx, kind: provider_error}
                - {status: 5xx, kind: provider_error}
            tools:
              - name: who
                title: Who am I
                category: notes
                description: Says whose token was used for this call.
                hints: [read_only]
                scopes: [notes]
                input:
                  mark: {type: string, maxLength: 100}
                steps:
                  - {request: me, path: /api/me, query: {mark: =args.mark}, save: answer}
                result: {user: =vars.answer.user}
              - name: note
                title: Write a note
                category: notes
                description: Writes a note by its id, and says whose token was used.
                scopes: [notes]
                input:
                  id: {type: string, maxLength: 100, required: true}
                  mark: {type: string, maxLength: 100}
                steps:
                  - {request: write, method: POST, path: /api/notes, json: {id: =args.id, mark: =args.mark}, save: answer}
                result: {user: =vars.answer.user}
            operations:
              - {id: me, path: /api/me, scopes: [notes]}
              - {id: write, method: POST, path: /api/notes, scopes: [notes]}
            """;
}
