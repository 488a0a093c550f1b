"""Client of a service: a request that is repeated when that may help, within bounds of number, time and size.

An address may be a secret itself, as that of a private calendar is, and a key may be part of it. So no error and no log
names more of it than the host, and no error keeps the library's own, which quotes the address.
"""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, TimeoutError
from urllib3.util import Retry

from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.feeds.services._addresses import Access, in_words, is_this_machine, split, usable
from flux_pipeline.feeds.services._budget import Budget, Pace, Timing
from flux_pipeline.feeds.services._deadline import DeadlineAdapter
from flux_pipeline.settings import Settings
from flux_pipeline.wording import count_of, printable, shortened

MOST_BYTES = 50_000_000
# A 429 that asks for more is a limit of the hour or the day: the next fetch is the time to try again.
LONGEST_WAIT_SECONDS = 60.0
# How many times the longest pause a whole answer may take.
ANSWER_TIMEOUTS = 3.0
PIECE_BYTES = 65_536
MOST_REDIRECTS = 3
LONGEST_REASON = 200
# A shorter key is not a secret: its letters occur in ordinary words.
SHORTEST_KEY = 6
# So that the processes that wait for one service do not all come back in the same moment.
JITTER_SECONDS = 1.0
RETRIES = Retry(
    total=3,
    backoff_factor=0.5,
    status_forcelist=frozenset({429, 500, 502, 503, 504}),
    # Only to say when to try again.
    retry_after_max=31 * 86_400,
)


@dataclass(frozen=True)
class _Failure:
    """An attempt that brought no answer, as the error that is raised if it was the last one."""

    error: FluxError
    wait_seconds: float | None = None


@dataclass(frozen=True)
class _Moved:
    address: str = field(repr=False)


class _NoLogin(AuthBase):
    """Send no login: without one of its own, requests looks one up in .netrc and replaces the token with it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """Follow no redirect: even if it is to follow none, requests reads the whole body of one, however long it is."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _shows_no_address(_record: logging.LogRecord) -> bool:
    """Let nothing through: urllib3 logs paths and queries at its level DEBUG, and whole addresses as warnings."""
    return False


class Client:
    """Requests to one service, at most `feed_calls_per_minute` in a minute, by any number of threads.

    Proxies and certificates are those of the environment, because a server may reach the outside by no other way; a
    proxy sees no key of https. A login from .netrc is never sent, and this machine is asked directly.
    """

    def __init__(
        self, access: Access, settings: Settings, timing: Timing | None = None, follows_redirects: bool = False
    ) -> None:
        self._access = access
        self._timeout = settings.feed_timeout_seconds
        self._timing = timing or Timing()
        self._pace = Pace(settings.feed_calls_per_minute, self._timing)
        # A key must not go to where an answer points.
        self._follows_redirects = follows_redirects and access.key is None
        self._session = _Session()
        self._longest = self._timeout * ANSWER_TIMEOUTS
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter(self._longest, self._timing.clock))
        self._session.headers["User-Agent"] = "flux-pipeline"
        for module in ("connection", "connectionpool"):
            logging.getLogger(f"urllib3.{module}").addFilter(_shows_no_address)

    def __repr__(self) -> str:
        return f"Client({self._access.name})"

    def budget(self) -> Budget:
        """Return what one answer may take, for all of its pages."""
        return Budget(self._timing.clock)

    def get(
        self, budget: Budget, address: str, query: Mapping[str, str] | None = None, reason_field: str | None = None
    ) -> bytes:
        """Return the body of the answer with status 200.

        Args:
            budget: what is left for the whole answer, whose page this may be; it is used up.
            address: the URL; a login in it is sent.
            query: parameters that are added to it.
            reason_field: the field of a JSON body in which the service says why it refuses a request.

        Raises:
            TransientError: no answer yet; it says when to try again, if the service does.
            PermanentError: the request is refused, or the answer is too large.
        """
        retries, redirects = RETRIES, 0
        while True:
            outcome = self._attempt(budget, usable(address, self._access), query, reason_field)
            if isinstance(outcome, _Moved):
                redirects += 1
                if not self._may_follow(address, outcome, redirects):
                    raise PermanentError(
                        f"{self._who(urlsplit(address))} answers with a redirect that is not followed. Set "
                        f"{self._access.address_setting} to the new address."
                    )
                address, query = outcome.address, None
            elif isinstance(outcome, bytes):
                return self._without_key(outcome)
            else:
                retries = self._wait(budget, retries, outcome)

    def _without_key(self, body: bytes) -> bytes:
        """Return a body in which the key is not quoted, because sentences quote bodies."""
        key = self._access.key.get_secret_value() if self._access.key else ""
        for shown in {key, quote(key, safe="")} if len(key) >= SHORTEST_KEY else ():
            body = body.replace(shown.encode(), b"***")
        return body

    def _wait(self, budget: Budget, retries: Retry, failure: _Failure) -> Retry:
        """Wait before the next attempt; raise the failure's error if there is none."""
        if isinstance(failure.error, PermanentError) or budget.requests == 0:
            raise failure.error
        try:
            # Without the address, which it would log.
            left = retries.increment("GET")
        except MaxRetryError:
            raise failure.error from None
        pause = failure.wait_seconds
        if pause is None:
            pause = left.get_backoff_time() + self._timing.chance.random() * JITTER_SECONDS
        if pause > min(LONGEST_WAIT_SECONDS, budget.seconds_left()):
            raise failure.error
        self._timing.sleep(pause)
        return left

    def _may_follow(self, address: str, moved: _Moved, redirects: int) -> bool:
        old, new = urlsplit(address), split(moved.address)
        if not self._follows_redirects or new is None or redirects > MOST_REDIRECTS:
            return False
        # A page outside must not send Flux to what only this machine can reach.
        is_outward = not is_this_machine(new) or is_this_machine(old)
        return is_outward and (new.scheme == "https" or old.scheme == "http")

    def _attempt(
        self, budget: Budget, url: SplitResult, query: Mapping[str, str] | None, reason_field: str | None
    ) -> bytes | _Moved | _Failure:
        if budget.requests == 0 or budget.seconds_left() <= 0:
            return _Failure(
                TransientError(
                    f"{self._who(url)} needs more requests or time than Flux spends on one answer. Try again later."
                )
            )
        self._pace.keep()
        budget.requests -= 1
        # The pace may have taken what was left.
        seconds = min(self._timeout, max(budget.seconds_left(), 1.0))
        key = self._access.key.get_secret_value() if self._access.key else ""
        in_query = {self._access.key_parameter: key} if key and self._access.key_parameter else {}
        try:
            with self._session.get(
                url.geturl(),
                params={**(query or {}), **in_query},
                headers={"Authorization": f"Bearer {key}"} if key and not in_query else {},
                timeout=(seconds, seconds),
                stream=True,
                allow_redirects=False,
                auth=HTTPBasicAuth(unquote(url.username), unquote(url.password or "")) if url.username else _NoLogin(),
                # None leaves out what the environment says.
                proxies=dict.fromkeys(("http", "https", "all")) if is_this_machine(url) else None,  # type: ignore[arg-type]
            ) as answer:
                if answer.status_code == HTTPStatus.OK:
                    return self._body(url, answer)
                return self._other_status(budget, url, answer, reason_field)
        except (requests.Timeout, TimeoutError):
            trouble = f"does not answer in time ({seconds:g} s to go on, {self._longest:g} s for all of it)"
        except HTTPError as exc:
            trouble = f"sends an answer that breaks off or is damaged ({type(exc).__name__})"
        except (OSError, ValueError) as exc:
            trouble = f"can't be reached ({type(exc).__name__})"
        return self._trouble(budget, url, trouble)

    def _body(self, url: SplitResult, answer: requests.Response) -> bytes | _Failure:
        """Read the body piece by piece, so that its size is bounded, and notice if it is cut short."""
        body = bytearray()
        while piece := answer.raw.read1(PIECE_BYTES, decode_content=True):
            body += piece
            if len(body) > MOST_BYTES:
                mb = MOST_BYTES // 1_000_000
                return _Failure(PermanentError(f"{self._who(url)} sends an answer larger than {mb} MB. Ask for less."))
        return bytes(body)

    def _other_status(
        self, budget: Budget, url: SplitResult, answer: requests.Response, reason_field: str | None
    ) -> _Moved | _Failure:
        status, location = answer.status_code, answer.headers.get("Location")
        if answer.is_redirect and location:
            return _Moved(_joined(url.geturl(), location))
        if RETRIES.is_retry("GET", status):
            says = self._reason(answer, reason_field if status == HTTPStatus.TOO_MANY_REQUESTS else None)
            return self._trouble(budget, url, f"answers {in_words(status)}", _retry_after(answer), says)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            todo = f"Set {self._access.key_setting} to a valid key." if self._access.key_setting else self._correction()
        else:
            todo = f"{self._reason(answer, reason_field)}{self._correction()}"
        return _Failure(PermanentError(f"{self._who(url)} answers {in_words(status)}; expected 200. {todo}"))

    def _reason(self, answer: requests.Response, reason_field: str | None) -> str:
        """Return what the service says about its refusal, as a sentence without the key."""
        if reason_field is None:
            return ""
        try:
            said = json.loads(answer.raw.read1(PIECE_BYTES, decode_content=True))[reason_field]
        except (ValueError, LookupError, TypeError, RecursionError, HTTPError):
            return ""
        text = " ".join(str(said).split())
        if self._access.key:
            text = text.replace(self._access.key.get_secret_value(), "***")
        return f"It says: '{shortened(printable(text), LONGEST_REASON)}'. "

    def _trouble(
        self, budget: Budget, url: SplitResult, trouble: str, wait: float | None = None, says: str = ""
    ) -> _Failure:
        when = "later"
        if wait is not None and wait > LONGEST_WAIT_SECONDS:
            when = f"after {dt.datetime.now(dt.UTC) + dt.timedelta(seconds=wait):%Y-%m-%d %H:%M} UTC"
        sent = count_of(budget.used, "request")
        return _Failure(TransientError(f"{self._who(url)} {trouble}, after {sent}. {says}Try again {when}."), wait)

    def _correction(self) -> str:
        return f"Check {self._access.address_setting}."

    def _who(self, url: SplitResult) -> str:
        return f"{self._access.name} at {url.hostname}"


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        return location


def _retry_after(answer: requests.Response) -> float | None:
    """Return how many seconds the service asks to wait; None if it doesn't, or says it in no form that is known."""
    value = answer.headers.get("Retry-After")
    try:
        return None if value is None else RETRIES.parse_retry_after(value)
    except (InvalidHeader, ValueError, OverflowError):
        return None
