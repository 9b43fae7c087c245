"""When a member usually writes, as far as that shows: the hours at which something unasked disturbs least."""

from collections.abc import Mapping

ENOUGH = 6  # messages; of fewer nothing is concluded
SHARE = 0.5  # of what is written around the busiest hour; an hour with less around it is none of theirs
HOURS = 24


def usual_hours(counts: Mapping[int, int]) -> tuple[int, ...]:
    """The hours of the tenant's day (0 to 23, in order) around which a member writes; () where that is not known.

    `counts`: hour → how many messages. The neighbours of an hour count half: who writes at 20:55 also reads at 21:05.
    """
    if sum(counts.values()) < ENOUGH:
        return ()
    around = {
        hour: counts.get(hour, 0) + (counts.get((hour - 1) % HOURS, 0) + counts.get((hour + 1) % HOURS, 0)) / 2
        for hour in range(HOURS)
    }
    busiest = max(around.values())
    return tuple(hour for hour in range(HOURS) if around[hour] >= SHARE * busiest)
