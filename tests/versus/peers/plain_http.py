"""simple-salesforce writes https into every address; the simulated organisation speaks plain http."""

import os
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

HOST = urlsplit(os.environ["PEER_URL"]).netloc


class PlainHttp(HTTPAdapter):
    """Sends what is meant for https://HOST to http://HOST."""

    def send(self, request, **options):
        request.url = request.url.replace(f"https://{HOST}", f"http://{HOST}", 1)
        return super().send(request, **options)


def session():
    """A session as simple-salesforce makes one, without TLS for the organisation."""
    plain = requests.Session()
    plain.mount(f"https://{HOST}", PlainHttp())
    return plain
