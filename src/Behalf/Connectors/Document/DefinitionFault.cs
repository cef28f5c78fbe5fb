namespace Behalf.Connectors.Document;

/// <summary>
/// A definition that is refused. Thrown inside the reader only and turned into a problem at its entry, so that the first
/// fault is told with its line.
/// </summary>
internal sealed class DefinitionFault(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
