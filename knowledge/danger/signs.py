"""All danger signs, the most urgent first: where several show, the first one's advice is given."""

from dataclasses import replace

from knowledge.danger import adults, breath, hazards, illness, injuries, people, swallowed
from knowledge.danger.outright import ACROSS, OUTRIGHT
from knowledge.danger.sign import Sign
from knowledge.danger.tellings import TELLINGS

_NAMED: tuple[Sign, ...] = (
    hazards.DROWNING,
    hazards.FIRE,
    hazards.GAS,
    hazards.ELECTRIC,
    swallowed.BATTERY,
    swallowed.CHOKING,
    swallowed.POISON,
    people.SELF_HARM,
    people.HARM_CHILD,
    breath.ALLERGY,
    injuries.HEAD_INJURY,
    adults.PREGNANCY,
    breath.CONVULSION,
    breath.UNCONSCIOUS,
    breath.BREATHING,
    adults.STROKE,
    hazards.HEAT,
    injuries.BURN,
    injuries.FALL,
    illness.MENINGITIS,
    injuries.BLEEDING,
    injuries.EYE,
    hazards.BITE,
    hazards.TRAPPED,
    people.VIOLENCE,
    people.MISSING,
    illness.FEVER_YOUNG,
    illness.NEWBORN_ILL,
    swallowed.FOREIGN_BODY,
    illness.BELLY,
    illness.DEHYDRATION,
    illness.LISTLESS,
    illness.HIGH_FEVER,
    injuries.LIMB,
    adults.GENERAL,
    people.LOW_MOOD,
)

SIGNS: tuple[Sign, ...] = tuple(
    replace(
        sign,
        ways=sign.ways + TELLINGS.get(sign.code, ()) + OUTRIGHT.get(sign.code, ()),
        across=sign.across + ACROSS.get(sign.code, ()),
    )
    for sign in _NAMED
)
