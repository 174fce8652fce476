"""The address of a proxy before the page."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from glom_video.structures import InvalidInput


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """What others call the page by."""

    url: str
    """With the prefix that the proxy takes away, which ends with ``/``."""
    host: str
    """Name, and port if it says one."""

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https:")

    @classmethod
    def of(cls, url: str) -> "PublicAddress":
        """Raises InvalidInput for what is no http or https address, or says more than that.

        >>> PublicAddress.of("https://example.org/glom")
        PublicAddress(url='https://example.org/glom/', host='example.org')
        """
        try:
            parts = urlsplit(url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_address = False
        if not is_address or parts.query or parts.fragment or "@" in parts.netloc:
            raise InvalidInput(
                "--public-url is no address that a proxy could serve the page at",
                "Give --public-url as https://example.org/glom/, without a password or a query.",
            )
        path = parts.path.rstrip("/")
        return cls(f"{parts.scheme}://{parts.netloc}{path}/", parts.netloc)
