"""What goes wrong when bots speak unasked, trap by trap, and the test of ours that would fail without the guard."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SPEAKING_UNASKED: Mapping[str, Sequence[str]] = {
    "25 two messages around midnight; days of another zone": (
        "scheduler/test_gate.py::test_a_midnight_between_two_messages_does_not_make_them_apart",
        "scheduler/test_gate.py::test_a_day_is_the_tenants_day_and_not_that_of_utc",
        "bot/test_posts.py::test_the_gap_holds_where_two_calendar_days_alone_would_not",
    ),
    "26 a fact is missing": (
        "scheduler/test_gate.py::test_an_unknown_fact_means_silence",
        "scheduler/test_gate_properties.py::test_a_missing_fact_never_lets_anything_through",
        "bot/test_restraint_bad_input.py::test_a_time_zone_that_is_unknown_stops_the_start",
        "bot/test_restraint_bad_input.py::test_a_year_without_holiday_table_is_silent_until_somebody_names_days",
    ),
    "27 retagged afterwards; 0, blank and none": (
        "bot/test_restraint_store.py::test_lesson_27_renaming_the_topic_or_kind_of_a_guide_changes_no_past_count",
        "bot/test_restraint_bad_input.py::test_a_cap_that_is_no_number_stops_the_start_and_is_never_zero",
        "scheduler/test_gate.py::test_a_cap_of_zero_means_never",
    ),
    "28 deferred and sent stale": (
        "bot/test_restraint_store.py::test_lesson_28_what_waited_out_a_pause_is_not_sent_stale",
        "scheduler/test_gate_properties.py::test_no_history_breaks_a_promise_to_anybody",
        "scheduler/test_gate.py::test_what_would_be_stale_when_its_turn_comes_never_comes_later",
    ),
    "29 a path that passes the caps by": (
        "bot/test_restraint_gate_path.py::test_lesson_29_the_gate_is_asked_in_one_place_only",
        "bot/test_restraint_gate_path.py::test_lesson_29_channels_are_sent_through_by_the_outbox_alone",
        "bot/test_restraint_gate_path.py::test_lesson_29_a_post_is_claimed_only_behind_the_gate",
        "bot/test_restraint_bad_input.py::test_pushing_twice_or_by_another_channel_gets_no_second_post_through",
    ),
    "30 counts in memory; two workers": (
        "bot/test_restraint_store.py::test_lesson_30_of_fifty_askers_at_once_one_is_allowed",
        "bot/test_restraint_store.py::test_lesson_30_fifty_lanes_to_one_person_send_one_message",
        "bot/test_restraint_store.py::test_in_weeks_of_anything_nobody_gets_more_than_was_promised",
    ),
    "31 who deleted us is among all; a deletion takes the opt-out along": (
        "bot/test_forget.py::test_the_tombstone_is_a_salted_hash_that_keeps_them_opted_out",
        "bot/test_forget.py::test_who_writes_again_is_a_new_person_whose_opt_out_still_holds",
        "bot/test_audience.py::test_who_deleted_the_colleague_is_no_longer_chosen_at_once",
        "bot/test_mass_tasks.py::test_who_deleted_the_colleague_gives_the_slot_back_is_a_signal_and_is_told",
    ),
    "32 a task confirmed hours later": (
        "bot/test_mass_tasks.py::test_lesson_32_a_task_is_checked_again_before_each_reminder_and_recalled_for_who_may_not_get_it",
        "bot/test_mass_trouble.py::test_each_sender_has_a_task_of_his_own_and_its_id_is_never_overwritten",
        "bot/test_mood_hold.py::test_an_unconfirmed_task_is_recalled_and_the_sender_and_operators_hear_why",
    ),
    "33 an opt-out that ends service": (
        "bot/test_conversations.py::test_who_opts_out_keeps_getting_answers",
        "handlers/test_wishes.py::test_whoever_wants_no_more_messages_is_opted_out_and_hears_what_stays",
        "bot/test_mood_hold.py::test_an_opt_out_said_in_the_matter_bars_the_question_an_earlier_one_does_not",
    ),
    "34 a whole batch repeated": (
        "bot/test_restraint_store.py::test_who_was_put_off_is_not_asked_for_again_when_the_others_part_is_retried",
        "bot/test_kill_send.py::test_a_thousand_people_and_four_kills_nobody_twice_and_losses_are_told",
    ),
}


@pytest.mark.parametrize("trap", SPEAKING_UNASKED)
def test_each_trap_of_speaking_unasked_has_its_test(trap: str) -> None:
    assert SPEAKING_UNASKED[trap]
    for named in SPEAKING_UNASKED[trap]:
        file, _, name = named.partition("::")
        path = HERE / file
        assert path.exists(), named
        tests = {
            node.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in tests, named
