"""What can go wrong with a request; the tree stands at the top of `_runtime.errors`."""

from ._runtime.errors import BadRequest as BadRequest
from ._runtime.errors import Conflict as Conflict
from ._runtime.errors import ConnectionFailed as ConnectionFailed
from ._runtime.errors import DecodeError as DecodeError
from ._runtime.errors import Error as Error
from ._runtime.errors import Forbidden as Forbidden
from ._runtime.errors import NotFound as NotFound
from ._runtime.errors import PaymentRequired as PaymentRequired
from ._runtime.errors import ServerError as ServerError
from ._runtime.errors import StatusError as StatusError
from ._runtime.errors import TooManyRequests as TooManyRequests
from ._runtime.errors import TransportError as TransportError
from ._runtime.errors import Unauthorized as Unauthorized
from ._runtime.errors import UnprocessableContent as UnprocessableContent
