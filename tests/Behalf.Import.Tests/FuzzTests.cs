using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Behalf.Import.Tests;

/// <summary>
/// Whatever is done to a document, the importer gives a connector that the format's reader accepts (it asks it itself) or one
/// sentence. An exception of any kind fails the sample.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string[] Pieces =
    [
        "null",
        "true",
        "-1",
        "1e400",
        "\"\"",
        "\"=args.x\"",
        "\"$ref\"",
        "[]",
        "{}",
        "[[[[{}]]]]",
        """{"$ref": "#/paths"}""",
        """{"$ref": "#/components/schemas/NewBook"}""",
        """{"$ref": "#/definitions/Note"}""",
        """{"$ref": "file:///etc/passwd"}""",
        """{"type": ["array", "null"], "items": {"type": "object"}}""",
        """{"type": "string", "maxLength": -5, "minLength": 99999999999, "pattern": "(a+)+$(?=b)"}""",
        """{"enum": [null, 1, "x", {"a": 1}, [2]]}""",
        """{"type": "number", "minimum": 5, "maximum": 1}""",
        """{"oneOf": [{"type": "null"}, {"type": "file"}]}""",
    ];

    private static readonly byte[][] Seeds = [.. Imported.Documents.Select(path => File.ReadAllBytes(path))];

    [Fact]
    public void BytesChangedAtRandom_GiveAConnectorOrASentence()
    {
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Byte).Array[1, 12], Gen.Int[0, 3])
            .Sample(
                (seed, changes, cut) =>
                {
                    byte[] bytes = [.. Seeds[seed]];
                    foreach ((int at, byte value) in changes)
                    {
                        bytes[at % bytes.Length] = value;
                    }

                    return Holds(cut == 0 ? bytes[..(changes[0].Item1 % bytes.Length)] : bytes);
                },
                iter: 3000
            );
    }

    [Fact]
    public void PartsExchangedAtRandom_GiveAConnectorOrASentence()
    {
        JsonNode[] documents =
        [
            .. Seeds.Select(seed => JsonNode.Parse(Behalf.Import.Documents.ApiText.Read(seed).GetRawText())!),
        ];
        Gen.Select(Gen.Int[0, documents.Length - 1], Gen.Select(Gen.UInt, Gen.Int[0, Pieces.Length - 1]).Array[1, 6])
            .Sample(
                (seed, changes) =>
                {
                    JsonNode document = documents[seed].DeepClone();
                    foreach ((uint choice, int piece) in changes)
                    {
                        Exchange(document, choice, JsonNode.Parse(Pieces[piece]));
                    }

                    return Holds(Encoding.UTF8.GetBytes(document.ToJsonString()));
                },
                iter: 4000
            );
    }

    private static bool Holds(byte[] document)
    {
        Result<ImportedConnector> read = ConnectorImport.Read(document, new ImportChoice());
        return read.Succeeded ? read.Value.Tools.Count > 0 : read.Problem.Message is { Length: > 0 and < 2000 };
    }

    /// <summary>Walks down by the number's digits and puts the piece where they end.</summary>
    private static void Exchange(JsonNode document, uint choice, JsonNode? piece)
    {
        JsonNode at = document;
        while (true)
        {
            uint digit = choice % 7;
            choice /= 7;
            switch (at)
            {
                case JsonObject { Count: > 0 } map:
                    string key = map.ElementAt((int)(digit * 13 % (uint)map.Count)).Key;
                    if (choice < 3 || map[key] is not (JsonObject { Count: > 0 } or JsonArray { Count: > 0 }))
                    {
                        map[key] = piece;
                        return;
                    }

                    at = map[key]!;
                    break;
                case JsonArray { Count: > 0 } list:
                    int index = (int)(digit % (uint)list.Count);
                    if (choice < 3 || list[index] is not (JsonObject { Count: > 0 } or JsonArray { Count: > 0 }))
                    {
                        list[index] = piece;
                        return;
                    }

                    at = list[index]!;
                    break;
                default:
                    return;
            }
        }
    }
}
