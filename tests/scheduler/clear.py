"""Facts under which nothing stands against an item."""

from scheduler.gate import Facts

CLEAR = Facts(
    sent=(),
    opted_out=False,
    paused=False,
    reachable=True,
    human_has_it=False,
    mood_hold=False,
    topic_off=False,
    every_days=0,
    approved=True,
    violations=(),
    topic_sent=0,
    rest_days=0,
    value_since_promo=9,
    promo_days=(),
    platform_sent=0,
    days_off=(),
)
