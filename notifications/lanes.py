"""Which letter goes next: the most pressing of the domain that has the fewest on the way; a slow domain keeps to one lane."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

SLOW: Final = 1.0
"""Seconds after which a letter is long on its way, and its domain slow until one goes quickly again."""
SPARE: Final = 2
"""Lanes that one domain alone never takes."""
AHEAD: Final = 10
"""Letters kept ready for each lane."""


@dataclass(slots=True)
class Lanes(Generic[T]):
    """Letters that are ready, by domain, and those that are on their way. Times are in seconds, of any clock that only goes forward."""

    width: int
    ready: dict[str, deque[T]] = field(default_factory=dict)
    began: dict[int, tuple[str, float]] = field(default_factory=dict)
    """The letters on their way, by a number of their own: their domain, and when they left."""
    slow: set[str] = field(default_factory=set)
    _next: int = 0

    def put(self, domain: str, letter: T) -> None:
        """One more letter is ready."""
        self.ready.setdefault(domain, deque()).append(letter)

    def room(self) -> int:
        """How many more letters may be made ready: none until half of them have left, so that many are taken at once. Those of slow domains
        stand in nobody's way."""
        whole = self.width * AHEAD
        ready = sum(len(letters) for domain, letters in self.ready.items() if domain not in self.slow)
        return whole - ready if ready <= whole // 2 else 0

    def full(self) -> frozenset[str]:
        """The slow domains that have one letter ready or on its way: no more of theirs is wanted now."""
        on_their_way = {domain for domain, _ in self.began.values()}
        return frozenset(domain for domain in self.slow if domain in on_their_way or self.ready.get(domain))

    def start(self, now: float) -> tuple[int, T] | None:
        """The next letter that may leave, and its number; None when all must wait."""
        self._find_the_slow(now)
        busy = Counter(domain for domain, _ in self.began.values())
        quick = sum(count for domain, count in busy.items() if domain not in self.slow)
        if quick >= self.width or len(self.began) >= 2 * self.width:
            return None
        free = [domain for domain, letters in self.ready.items() if letters and busy[domain] < self._share(domain)]
        if not free:
            return None
        domain = min(free, key=lambda name: busy[name])
        letter = self.ready[domain].popleft()
        if not self.ready[domain]:
            del self.ready[domain]
        self._next += 1
        self.began[self._next] = (domain, now)
        return self._next, letter

    def end(self, number: int, now: float) -> bool:
        """A letter arrived, or did not: how long it took tells whether its domain is slow. Whether more of it is wanted again."""
        domain, began = self.began.pop(number)
        was_slow = domain in self.slow
        if now - began > SLOW:
            self.slow.add(domain)
        elif not any(other == domain and now - since > SLOW for other, since in self.began.values()):
            self.slow.discard(domain)
        return was_slow

    def empty(self) -> list[T]:
        """Take back every letter that is ready and has not left."""
        left = [letter for letters in self.ready.values() for letter in letters]
        self.ready.clear()
        return left

    @property
    def idle(self) -> bool:
        """Whether nothing is ready and nothing is on its way."""
        return not self.ready and not self.began

    def _find_the_slow(self, now: float) -> None:
        self.slow.update(domain for domain, since in self.began.values() if now - since > SLOW)

    def _share(self, domain: str) -> int:
        return 1 if domain in self.slow else max(1, self.width - SPARE)
