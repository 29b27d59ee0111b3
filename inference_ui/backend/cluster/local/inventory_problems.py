"""What can be wrong with an inventory, as data; ``i18n`` has the words (INVENTORY_UNUSABLE)."""

from __future__ import annotations

from enum import StrEnum


class Problem(StrEnum):
    """What is wrong. Each has a sentence in both languages, by its value. In brackets: what
    :class:`Wrong` brings along as ``found`` and ``wanted``."""

    UNREADABLE = "unreadable"  # [found: the system's words]
    NOT_A_FILE = "not_a_file"
    TOO_LARGE = "too_large"  # [wanted: the most]
    EMPTY = "empty"
    NOT_TEXT = "not_text"
    NOT_YAML = "not_yaml"
    SEVERAL = "several"
    ALIAS = "alias"  # [found: its name]
    TAG = "tag"  # [found: the tag]
    TOO_DEEP = "too_deep"
    BAD_KEY = "bad_key"
    DUPLICATE_KEY = "duplicate_key"  # [found: the field]
    UNKNOWN_FIELD = "unknown_field"  # [found: the field, wanted: all that there are]
    MISSPELT_FIELD = "misspelt_field"  # [found: the field, wanted: the nearest that there is]
    MISSING = "missing"  # [found: the field]
    NOT_FIELDS = "not_fields"
    NOT_LIST = "not_list"
    NOT_VALUE = "not_value"
    NO_ITEMS = "no_items"
    NOT_FLAG = "not_flag"  # [found]
    NOT_WHOLE = "not_whole"  # [found]
    OUT_OF_RANGE = "out_of_range"  # [found, wanted: from–to]
    NOT_AMOUNT = "not_amount"  # [found, wanted: some units]
    UNKNOWN_UNIT = "unknown_unit"  # [found: the unit, wanted: some]
    NO_UNIT = "no_unit"  # [found, wanted: some]
    NOT_ONE_OF = "not_one_of"  # [found, wanted: all]
    BAD_NAME = "bad_name"  # [found]
    DUPLICATE = "duplicate"  # [found: the name]
    BAD_TAINT = "bad_taint"  # [found]
    SLICED_TWICE = "sliced_twice"
    OTHER_SLOT = "other_slot"  # [found: the slot, wanted: from–to]
    BAD_CARD = "bad_card"  # [found]
    NO_SUCH_CARD = "no_such_card"  # [found: slot or slice, wanted: from–to]
    CARD_IS_CUT = "card_is_cut"  # [found: the slot, wanted: an example]
    CARD_IS_WHOLE = "card_is_whole"  # [found: the slot]
    CARD_TAKEN = "card_taken"  # [found: the card, wanted: who has it]
    TOO_MUCH = "too_much"  # [found: what, wanted: what there is]


class Wrong(Exception):
    """An inventory says something that is not understood, or cannot be. ``line`` is counted from 1,
    0 where there is none; ``place`` is the path of the field, as in ``nodes[0].cards[1].count``."""

    def __init__(
        self, problem: Problem, line: int = 0, place: str = "", found: str = "", wanted: str = ""
    ) -> None:
        super().__init__(problem, line, place, found, wanted)
        self.problem = problem
        self.line = line
        self.place = place
        self.found = found
        self.wanted = wanted
