"""Messages and stubs made from a descriptor set, since Debian's grpcio comes without generated code of the contract."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Wire:
    def __init__(self, descriptor_set):
        files = descriptor_pb2.FileDescriptorSet.FromString(open(descriptor_set, "rb").read())
        self._pool = descriptor_pool.DescriptorPool()
        self._services = []
        for file in files.file:
            self._pool.Add(file)
            if file.package.startswith("scalekit."):
                self._services += [f"{file.package}.{service.name}" for service in file.service]

    def message(self, name):
        descriptor = self._pool.FindMessageTypeByName(name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)

    def enum_name(self, name, number):
        """As generated code's Name() has it: raises for a number that the schema lacks."""
        value = self._pool.FindEnumTypeByName(name).values_by_number.get(number)
        if value is None:
            raise ValueError(f"{name} has no name for {number}")
        return value.name

    def methods(self):
        """(path, request class, response class) of every method of the contract."""
        for service in self._services:
            for method in self._pool.FindServiceByName(service).methods:
                yield (
                    f"/{service}/{method.name}",
                    self.message(method.input_type.full_name),
                    self.message(method.output_type.full_name),
                )

