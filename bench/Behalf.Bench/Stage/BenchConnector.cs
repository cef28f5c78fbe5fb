namespace Behalf.Bench.Stage;

/// <summary>The upstream as a connector: one tool that asks whose token came.</summary>
internal static class BenchConnector
{
    public const string Slug = "bench";

    public const string Tool = "bench_who";

    public static void Write(string folder)
    {
        string place = Path.Combine(folder, Slug);
        Directory.CreateDirectory(place);
        File.WriteAllText(
            Path.Combine(place, "connector.yaml"),
            """
            format: 1
            slug: bench
            name: Bench
            description: Says whose token was used.
            base_url: https://upstream.example
            oauth:
              origin: https://upstream.example
              authorize_path: /authorize
              token_path: /token
              default_scopes: [read]
              rotation: none
              default_access_lifetime: 86400
              user_path: /users/me
              user_id_path: data.gid
              user_name_path: data.name
              rejects_before_effect: true
            requests:
              message: =body.error
              errors:
                - {status: 4xx, kind: provider_error}
                - {status: 5xx, kind: provider_error}
            tools:
              - name: who
                title: Who am I
                category: bench
                description: Says whose token was used for this call.
                hints: [read_only]
                scopes: [read]
                input:
                  asked: {type: string, maxLength: 20, required: true}
                  number: {type: string, maxLength: 9}
                steps:
                  - {request: who, path: /who, query: {asked: =args.asked}, save: answer}
                result: {owner: =vars.answer.data.owner, text: =vars.answer.data.text}
            operations:
              - {id: who, path: /who, scopes: [read]}
            """
        );
    }
}
