"""Which letter goes next: domains share the lanes, and a slow one keeps nobody waiting."""

from __future__ import annotations

from notifications.lanes import AHEAD, SLOW, SPARE, Lanes

WIDTH = 6


def lanes(**ready: int) -> Lanes[str]:
    """Lanes with so many letters ready for each domain."""
    made: Lanes[str] = Lanes(WIDTH)
    for domain, count in ready.items():
        for number in range(count):
            made.put(domain, f"{domain} {number}")
    return made


def start_all(one: Lanes[str], now: float = 0) -> list[tuple[int, str]]:
    found = []
    while (started := one.start(now)) is not None:
        found.append(started)
    return found


def test_one_domain_alone_never_takes_every_lane() -> None:
    assert len(start_all(lanes(adie=20))) == WIDTH - SPARE


def test_domains_share_the_lanes() -> None:
    started = [letter for _, letter in start_all(lanes(adie=20, bge=20))]
    assert [letter.split()[0] for letter in started].count("bge") == WIDTH // 2


def test_letters_of_a_domain_leave_in_their_order() -> None:
    assert [letter for _, letter in start_all(lanes(adie=3))] == ["adie 0", "adie 1", "adie 2"]


def test_a_slow_domain_keeps_one_lane_and_the_others_have_all_theirs() -> None:
    one = lanes(slow=20)
    stuck = start_all(one)
    one.put("quick", "quick 0")
    [(first, letter)] = start_all(one, SLOW / 2)
    assert letter == "quick 0"
    one.end(first, SLOW / 2 + 0.1)
    for number in range(1, 20):
        one.put("quick", f"quick {number}")
    later = start_all(one, SLOW + 1)
    assert {letter.split()[0] for _, letter in later} == {"quick"}
    assert len(later) == WIDTH - SPARE
    for number, _ in stuck:
        one.end(number, SLOW + 2)
    assert [letter.split()[0] for _, letter in start_all(one, SLOW + 2)].count("slow") == 1


def test_no_more_is_wanted_of_a_slow_domain_that_has_a_letter_waiting() -> None:
    one = lanes(slow=1)
    [(number, _)] = start_all(one)
    assert not one.full()
    start_all(one, SLOW + 1)
    assert one.full() == {"slow"}
    assert one.end(number, SLOW + 1)
    assert not one.full()


def test_a_domain_that_is_quick_again_has_its_lanes_back() -> None:
    one = lanes(slow=1)
    [(number, _)] = start_all(one)
    one.end(number, SLOW + 1)
    for count in range(20):
        one.put("slow", f"slow {count}")
    [(number, _)] = start_all(one, 10)
    one.end(number, 10.1)
    assert len(start_all(one, 10.2)) == WIDTH - SPARE


def test_letters_of_a_slow_domain_take_no_room_from_the_others() -> None:
    one = lanes(slow=WIDTH * AHEAD)
    assert one.room() == 0
    one.slow.add("slow")
    assert one.room() == WIDTH * AHEAD


def test_letters_are_made_ready_many_at_a_time() -> None:
    one = lanes(adie=WIDTH * AHEAD)
    started = start_all(one)
    assert one.room() == 0
    while len(one.ready["adie"]) > WIDTH * AHEAD // 2:
        one.end(started.pop()[0], 0)
        started += start_all(one)
    assert one.room() == WIDTH * AHEAD // 2


def test_letters_that_have_not_left_are_taken_back() -> None:
    one = lanes(adie=2, bge=1)
    assert len(one.empty()) == 3
    assert one.start(0) is None
