namespace Behalf.Import;

/// <summary>A document that cannot become a connector. Thrown inside the importer and turned into a problem at its entry.</summary>
internal sealed class ImportFault(string message) : Exception(message);

/// <summary>One operation, field or credential that cannot be had; what holds it decides whether it can do without.</summary>
internal sealed class NotRepresentable(string reason) : Exception(reason);
