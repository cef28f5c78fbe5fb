using System.Text.Json.Nodes;
using Behalf.Client.Internal;

namespace Behalf.Client.Tests;

public sealed class StructJsonTests
{
    [Theory]
    [InlineData("""{"a":"text","b":true,"c":null,"d":[1,2.5,{"e":-3}],"f":{}}""")]
    [InlineData("""{"largest":9007199254740992,"smallest":-9007199254740992}""")]
    [InlineData("""{"emoji":"😀","order":1,"z":2,"a":3}""")]
    public void AnObject_ComesBackAsItWas(string json)
    {
        var (value, problem) = StructJson.ToStruct(JsonNode.Parse(json)!.AsObject());

        problem.Should().BeNull();
        JsonNode.DeepEquals(StructJson.ToJson(value!), JsonNode.Parse(json)).Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"task":{"gid":9007199254740993}}""", "task.gid")]
    [InlineData("""{"ids":[1,12345678901234567890]}""", "ids[1]")]
    [InlineData("""{"size":1e999}""", "size")]
    public void ANumberThatWouldChange_IsRefusedByItsPath(string json, string path)
    {
        var (value, problem) = StructJson.ToStruct(JsonNode.Parse(json)!.AsObject());

        value.Should().BeNull();
        problem.Should().StartWith($"{path}:").And.Contain("as a string");
    }

    [Fact]
    public void NestingBeyondTheWiresBound_IsRefused()
    {
        JsonNode nested = new JsonObject();
        for (var depth = 0; depth < 70; depth++)
        {
            nested = new JsonObject { ["a"] = nested };
        }

        StructJson.ToStruct(nested.AsObject()).Problem.Should().Contain("nested deeper");
    }
}
