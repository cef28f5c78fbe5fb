"""The habits of scalekit-sdk-python 2.10.0, as far as a server meets them, on the real grpcio and requests:

a token in the constructor, that must be answered with 200; TLS always, trusted twice; the first token bound to the channel
as call credentials and the current one sent beside it with each call, so that there are two `authorization` values; every
failed call repeated at once, twice; a new token and the call again after each UNAUTHENTICATED, with no end to it; and no
look at whether an error has details before they are read.
"""

from urllib.parse import urlparse

import grpc
import requests

ENDLESS = 12  # where the original would recurse on


class ServerError(Exception):
    """What the SDK makes of a failed RPC. Without details it would die of an AttributeError instead."""

    def __init__(self, error, wire):
        self.code = error.code()
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        status = wire.message("google.rpc.Status").FromString(details) if details is not None else None
        self.message = status.message
        self.status_code = status.code
        self.details = status.details
        self.infos = []
        for detail in status.details:
            info = wire.message("scalekit.v1.errdetails.ErrorInfo")()
            detail.Unpack(info)
            self.infos.append(info)
        self.error_code = next((info.error_code for info in self.infos if info.error_code), None)
        self.grpc_message = error.details()
        super().__init__(f"{self.code.name} {self.error_code}: {self.message}")


class Client:
    version = "2.10.0"

    def __init__(self, env_url, client_id, client_secret, wire):
        self.env_url, self.client_id, self.client_secret, self.wire = env_url, client_id, client_secret, wire
        self.access_token = None
        self.attempts = 0
        self.token_calls = 0
        self._fetch_token()
        self.bind(self.access_token)

    def bind(self, token):
        """The channel, with the token it keeps for good."""
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(), grpc.access_token_call_credentials(token)
        )
        self.channel = grpc.secure_channel(urlparse(self.env_url).netloc, credentials)

    def _fetch_token(self):
        self.token_calls += 1
        response = requests.post(
            self.env_url + "/oauth/token",
            headers={"Content-Type": "application/x-www-form-urlencoded", **self.headers()},
            data={
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            },
            verify=True,
            timeout=30,
        )
        if response.status_code != 200:
            raise ServerRefusal(response)
        self.access_token = response.json()["access_token"]

    def headers(self):
        headers = {"x-api-version": "20260513", "x-sdk-version": f"Scalekit-Python/{self.version}"}
        if self.access_token:
            headers["authorization"] = f"Bearer {self.access_token}"
        return headers

    def call(self, method, request_fields=None, request=None):
        path, request_class, response_class = next(m for m in self.wire.methods() if m[0].endswith("/" + method))
        return self.call_path(path, request if request is not None else request_class(**(request_fields or {})), response_class)

    def call_path(self, path, request, response_class, retry=2):
        rpc = self.channel.unary_unary(
            path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=response_class.FromString
        )
        self.attempts += 1
        try:
            return rpc(request, metadata=tuple(self.headers().items()), timeout=60)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                if retry < -ENDLESS:
                    raise EndlessLogin(path) from error
                self._fetch_token()
                return self.call_path(path, request, response_class, retry - 1)
            if retry > 0:
                return self.call_path(path, request, response_class, retry - 1)
            raise ServerError(error, self.wire) from error


class ServerRefusal(Exception):
    def __init__(self, response):
        self.status, self.text = response.status_code, response.text
        super().__init__(f"{self.status}: {self.text}")


class EndlessLogin(Exception):
    """The SDK would fetch tokens and repeat for ever."""
