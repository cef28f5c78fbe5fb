namespace Behalf.Audit;

/// <summary>A stored audit record that is not what was written. The message names the fault and holds no value of the record.</summary>
public sealed class AuditBrokenException(string message) : Exception(message);
