"""What is said unasked, when and to whom: schedules, audiences and triggers as settings."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, model_validator
from pydantic import field_validator as check

from bot.settings_types import Name, Number, Positive, RecipientAddress, Rule, Section, Words
from scheduler.audiences import Audience
from scheduler.triggers import Trigger


class ScheduleSetting(Section):
    name: Name
    every: Rule
    topic: str = ""
    to: tuple[RecipientAddress, ...]
    kind: Literal["value", "promo", "service"] = "value"
    catch_up_hours: Number = Field(6, ge=0)

    @check("to")
    @classmethod
    def _somebody(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("至少要有一个收件地址")
        return value


class AudienceSetting(Section):
    name: Name
    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    confirm_everyone: bool = False

    @property
    def audience(self) -> Audience:
        return Audience.parse(self.model_dump())

    @model_validator(mode="after")
    def _readable(self) -> Self:
        Audience.parse(self.model_dump())
        return self


class TriggerSetting(Section):
    name: Name
    on: Literal["stage", "days_after", "new_guide"]
    value: Words = ""
    guide: str = ""
    topic: str = ""
    event: str = ""

    @property
    def trigger(self) -> Trigger:
        return Trigger.parse(self.model_dump())

    @model_validator(mode="after")
    def _readable(self) -> Self:
        Trigger.parse(self.model_dump())
        return self


class TrialSetting(Section):
    """Two wordings of one post, by name; `people` are planned for each, `holdout` is the share that gets neither."""

    name: Name
    a: str
    b: str
    holdout: Number = Field(0.1, ge=0, lt=1)
    people: Positive = 400

    @check("b")
    @classmethod
    def _another(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("a"):
            raise ValueError("a 和 b 要是两篇不同的内容")
        return value
