"""A patient's phone that answers a consent: the pages of the platform, followed as a browser does."""

import html
import re
from urllib.parse import urljoin

import httpx


def answer(link: str, decision: str, person: int = 0) -> None:
    """Scan the link, sign in as the sandbox's `person`, press a button: consent, refuse or cancel."""
    with httpx.Client(follow_redirects=True) as browser:
        way = _found(r'href="([^"]*sign-in[^"]*)"', browser.get(link).text)
        people = browser.get(urljoin(link, way))
        sent = {"token": _hidden("token", people.text), "next": _hidden("next", people.text), "person": str(person)}
        asked = browser.post(str(people.url.copy_with(query=None)), data=sent)
        done = browser.post(link, data={"csrf": _hidden("csrf", asked.text), "decision": decision})
        assert done.status_code == 200, (done.status_code, done.text)


def _hidden(name: str, page: str) -> str:
    return _found(rf'name="{name}" value="([^"]*)"', page)


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, f"no {pattern} on the page"
    return html.unescape(found[1])
