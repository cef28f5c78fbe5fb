using System.Collections.Concurrent;

namespace Behalf.Sandbox.Rendering;

/// <summary>What records show: what their kind says.</summary>
internal static class RecordFields
{
    private static readonly ConcurrentDictionary<RecordKind, FieldSet<Record>> Sets = new();

    public static FieldSet Of(RecordKind kind) => Sets.GetOrAdd(kind, Build);

    private static FieldSet<Record> Build(RecordKind kind)
    {
        var set = new FieldSet<Record>();
        foreach (var field in kind.Fields)
        {
            _ = field.Type switch
            {
                RecordValue.Html => set.Full("text", (v, r) => RichText.ReadPlain(Html(r), v))
                    .OptIn("html_text", (v, r) => RichText.Read(Html(r), v)),
                RecordValue.Person => set.Compact(
                    field.Name,
                    (_, r) => r.Values.GetValueOrDefault(field.Name),
                    () => PeopleFields.User
                ),
                _ => set.Compact(field.Name, (_, r) => r.Values.GetValueOrDefault(field.Name)),
            };
        }
        return set.Full("created_at", (_, r) => r.CreatedAt)
            .Full("created_by", (_, r) => r.CreatedBy, () => PeopleFields.User);
    }

    private static string Html(Record record) =>
        record.Values.GetValueOrDefault("html_text") as string ?? RichText.Empty;
}
