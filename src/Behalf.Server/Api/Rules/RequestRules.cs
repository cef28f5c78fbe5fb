using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api.Rules;

/// <summary>Checks a request against the rules its descriptor declares, nested messages included. Safe to call concurrently.</summary>
internal sealed class RequestRules
{
    private const string MessageOf = "The request breaks a rule: ";

    private readonly ConcurrentDictionary<MessageDescriptor, MessageRule> _rules = new();

    public Problem? Check(IMessage request)
    {
        List<FieldViolation> violations = [];
        Check(request, string.Empty, violations);
        return violations.Count == 0
            ? null
            : new Problem(
                ProblemKind.InvalidArgument,
                "invalid_argument",
                MessageOf + string.Join("; ", violations.Select(v => $"{v.Field} {v.Description}"))
            )
            {
                Violations = violations,
            };
    }

    private void Check(IMessage message, string prefix, List<FieldViolation> violations)
    {
        MessageRule rule = _rules.GetOrAdd(message.Descriptor, MessageRule.Of);
        foreach ((FieldDescriptor field, FieldRule check) in rule.Fields)
        {
            check.Check(message, prefix + field.Name, violations);
        }

        foreach (FieldDescriptor nested in rule.Nested)
        {
            if (nested.Accessor.GetValue(message) is IMessage inner)
            {
                Check(inner, $"{prefix}{nested.Name}.", violations);
            }
        }
    }

    private sealed record MessageRule(
        IReadOnlyList<(FieldDescriptor Field, FieldRule Check)> Fields,
        IReadOnlyList<FieldDescriptor> Nested
    )
    {
        public static MessageRule Of(MessageDescriptor descriptor)
        {
            List<(FieldDescriptor, FieldRule)> fields = [];
            List<FieldDescriptor> nested = [];
            foreach (FieldDescriptor field in descriptor.Fields.InDeclarationOrder())
            {
                if (FieldRule.Of(field) is { } rule)
                {
                    fields.Add((field, rule));
                }

                bool isOurs =
                    field is { FieldType: FieldType.Message, IsRepeated: false }
                    && field.MessageType.File.Package != Struct.Descriptor.File.Package;
                if (isOurs)
                {
                    nested.Add(field);
                }
            }

            return new MessageRule(fields, nested);
        }
    }
}
