using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.ConformanceHost;

/// <summary>The suite's prompts, and a completion that knows nothing.</summary>
internal static class FixturePrompts
{
    private const string Asking = "test_input_required_result_prompt";
    private const string Answer = "user_context";

    private static readonly byte[] Image = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    );

    private static readonly Prompt[] Offered =
    [
        new() { Name = "test_simple_prompt", Description = "Says one thing." },
        new()
        {
            Name = "test_prompt_with_arguments",
            Description = "Says what it is given.",
            Arguments = [Argument("arg1", "The first"), Argument("arg2", "The second")],
        },
        new()
        {
            Name = "test_prompt_with_embedded_resource",
            Description = "Holds a resource.",
            Arguments = [Argument("resourceUri", "URI of the resource")],
        },
        new() { Name = "test_prompt_with_image", Description = "Holds an image." },
        new() { Name = Asking, Description = "Asks for a context first." },
    ];

    public static void AddTo(McpServerOptions server)
    {
        server.Handlers.ListPromptsHandler = (_, _) =>
            ValueTask.FromResult(
                new ListPromptsResult
                {
                    Prompts = [.. Offered],
                    CacheScope = CacheScope.Public,
                    TimeToLive = TimeSpan.FromMinutes(1),
                }
            );
        server.Handlers.GetPromptHandler = (request, _) => ValueTask.FromResult(Get(request.Params));
        server.Handlers.CompleteHandler = (_, _) =>
            ValueTask.FromResult(
                new CompleteResult
                {
                    Completion = new Completion { Values = [], Total = 0 },
                }
            );
    }

    private static GetPromptResult Get(GetPromptRequestParams wanted) =>
        wanted.Name switch
        {
            "test_simple_prompt" => Result(Text("Say one thing.")),
            "test_prompt_with_arguments" => Result(
                Text($"The first is {Of(wanted, "arg1")}, the second {Of(wanted, "arg2")}.")
            ),
            "test_prompt_with_embedded_resource" => Result(
                new EmbeddedResourceBlock
                {
                    Resource = new TextResourceContents
                    {
                        Uri = Of(wanted, "resourceUri"),
                        MimeType = "text/plain",
                        Text = "What is in the resource.",
                    },
                },
                Text("Read the resource above.")
            ),
            "test_prompt_with_image" => Result(
                ImageContentBlock.FromBytes(Image, "image/png"),
                Text("Look at the image above.")
            ),
            Asking => wanted.InputResponses?.ContainsKey(Answer) == true
                ? Result(Text("Go on with the context."))
                : throw new InputRequiredException(
                    new Dictionary<string, InputRequest>
                    {
                        [Answer] = InputRequest.ForElicitation(
                            new ElicitRequestParams
                            {
                                Message = "Which context should the prompt have?",
                                RequestedSchema = new ElicitRequestParams.RequestSchema
                                {
                                    Properties = new Dictionary<string, ElicitRequestParams.PrimitiveSchemaDefinition>
                                    {
                                        ["context"] = new ElicitRequestParams.StringSchema(),
                                    },
                                    Required = ["context"],
                                },
                            }
                        ),
                    }
                ),
            _ => throw new McpProtocolException("There is no such prompt.", McpErrorCode.InvalidParams),
        };

    private static string Of(GetPromptRequestParams wanted, string argument) =>
        wanted.Arguments?.TryGetValue(argument, out JsonElement value) == true
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new McpProtocolException($"The prompt needs {argument}.", McpErrorCode.InvalidParams);

    private static PromptArgument Argument(string name, string description) =>
        new()
        {
            Name = name,
            Description = description,
            Required = true,
        };

    private static TextContentBlock Text(string text) => new() { Text = text };

    private static GetPromptResult Result(params ContentBlock[] blocks) =>
        new() { Messages = [.. blocks.Select(block => new PromptMessage { Role = Role.User, Content = block })] };
}
