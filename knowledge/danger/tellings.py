"""Which telling shows which sign: narrative ways beside those that name it."""

from collections.abc import Mapping

from knowledge.danger import told_breath, told_hazards, told_illness, told_injuries, told_people, told_swallowed
from knowledge.danger.sign import Told

TELLINGS: Mapping[str, Told] = {
    "drowning": told_hazards.DROWNED,
    "fire": told_hazards.FIRES,
    "gas": told_hazards.GASSED,
    "electric": told_hazards.ELECTROCUTED,
    "battery": told_swallowed.CELLS,
    "choking": told_breath.CHOKED,
    "poison": told_swallowed.POISONED,
    "self_harm": told_people.NO_MORE,
    "harm_child": told_people.HURTS,
    "allergy": told_breath.SWELLS,
    "head_injury": told_injuries.HEAD_AFTER,
    "pregnancy": told_illness.PREGNANT,
    "convulsion": told_breath.SHAKES,
    "unconscious": told_breath.LIES_STILL,
    "breathing": told_breath.BREATHES_BADLY,
    "stroke": told_breath.STROKES,
    "heat": told_hazards.HEATED,
    "burn": told_injuries.BURNT,
    "fall": told_injuries.FELL,
    "meningitis": told_illness.SPOTS,
    "bleeding": told_injuries.BLED,
    "eye": told_injuries.EYES,
    "bite": told_hazards.BITTEN,
    "trapped": told_hazards.STUCK,
    "violence": told_people.BEATEN,
    "missing": told_people.GONE,
    "newborn_fever": told_illness.TINY_HOT,
    "newborn_ill": told_illness.TINY_ILL,
    "foreign_body": told_swallowed.THINGS,
    "belly": told_illness.BELLIES,
    "dehydration": told_illness.DRY,
    "listless": told_illness.FLAT,
    "high_fever": told_illness.LONG_HOT,
    "limb": told_injuries.LIMBS,
    "general": told_illness.CRIES,
}
