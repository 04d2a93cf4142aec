"""Code that changed while its test did not."""

from __future__ import annotations

import pytest

from review.analysers.facts.tests_of import TestIndex, stem
from review.analysers.missing_tests import MissingTests
from support.change import subject_of
from support.engines import review_with

CODE = """def price(item):
    if item.kind == 'a':
        return 1
    total = 0
    for part in item.parts:
        total += part
    if total > 9:
        return 9
    return total
"""
TREE = frozenset({"shop/price.py", "shop/cart.py", "tests/test_cart.py"})


def rules(files: dict[str, str], tree: frozenset[str]) -> list[str]:
    subject = subject_of(files, tree=tree | frozenset(files))
    return [f.rule_id.split("/")[1] for f in review_with(MissingTests(), subject, {})]


def test_new_code_without_a_test_is_noticed_once_a_file() -> None:
    assert rules({"shop/price.py": CODE, "shop/b.py": CODE}, TREE) == ["no-test", "no-test"]


def test_code_whose_test_stays_as_it_is_is_information() -> None:
    assert rules({"shop/cart.py": CODE}, TREE) == ["test-not-changed"]


@pytest.mark.parametrize(
    "companion",
    [
        {"tests/test_price.py": "x\n"},
        {"tests/test_shop_prices_and_price.py": "x\n"},
        {"tests/test_all.py": "from shop.price import price\n"},
        {"tests/price/test_rounding.py": "x\n"},
    ],
)
def test_a_changed_test_of_the_code_keeps_it_silent(companion: dict[str, str]) -> None:
    assert rules({"shop/price.py": CODE, **companion}, TREE) == []


@pytest.mark.parametrize(
    ("files", "tree"),
    [
        ({"shop/price.py": CODE}, frozenset({"shop/price.py"})),
        ({"shop/price.py": CODE}, frozenset({"test/price.test.js"})),
        ({"shop/price.py": "VERSION = 1\n"}, TREE),
        ({"shop/price.py": "# remark\n" * 30}, TREE),
        ({"docs/conf.py": CODE}, TREE),
        ({"tests/test_x.py": CODE}, TREE),
        ({"vendor/price.py": CODE}, TREE),
        (
            {"src/lib.rs": "fn f() {\n  if a {\n  b();\n }\n}\n" * 4 + "#[cfg(test)]\nmod tests {}\n"},
            frozenset({"tests/other.rs"}),
        ),
    ],
)
def test_nothing_is_asked_where_a_test_makes_no_sense(files: dict[str, str], tree: frozenset[str]) -> None:
    assert rules(files, tree) == []


def test_nothing_is_said_when_the_tree_is_unknown() -> None:
    subject = subject_of({"shop/price.py": CODE})
    assert review_with(MissingTests(), subject, {}) == []


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("src/a/foo_bar.py", "tests/test_foo_bar.py"),
        ("src/fooBar.ts", "src/fooBar.test.ts"),
        ("src/FooBar.java", "src/test/FooBarTest.java"),
        ("pkg/foo.go", "pkg/foo_test.go"),
        ("app/models/foo.rb", "spec/models/foo_spec.rb"),
        ("src/button/index.tsx", "src/button/__tests__/button.spec.tsx"),
        ("lib/foo.dart", "test/foo_test.dart"),
    ],
)
def test_a_source_and_its_test_have_one_name(source: str, test: str) -> None:
    assert stem(source) == stem(test)
    assert TestIndex([test]).first_match(source) == test
