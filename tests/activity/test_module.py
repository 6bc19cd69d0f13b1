"""Which module a tool belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.activity.module import is_marker, module_of

PART = st.text(st.characters(codec="utf-8", exclude_characters="._"), min_size=1)
ANY = st.text(st.one_of(st.sampled_from("._"), st.characters(codec="utf-8")))


@pytest.mark.parametrize(
    ("tool", "module"),
    [
        ("todo.create", "todo"),
        ("todo_create", "todo"),
        ("todo.list_all", "todo"),
        ("todo_list.all", "todo_list"),
        ("newsResearch.find", "newsResearch"),
        ("mcp__mana__todo_create", "todo"),
        ("mcp__mana__todo.create", "todo"),
        ("mcp__mana__todo__create", "todo"),
        ("mcp__a__b__c_d", "b"),
        ("mcp__my_server__todo.create", "todo"),
        ("mcp___x__todo.create", "todo"),
        ("mcp__mana__search", None),
        ("mcp__mana__", None),
        ("mcp__mana", "mcp"),
        ("MCP__mana__todo.create", "MCP__mana__todo"),
        ("search", None),
        ("", None),
        (".create", None),
        ("_create", None),
        ("todo.", "todo"),
        ("todo_", "todo"),
        ("__turn", "__turn"),
        ("__turn.failed", "__turn"),
        ("__turn_failed", "__turn_failed"),
        ("__", "__"),
        ("mcp__mana____turn", None),
        ("Ärger.näher", "Ärger"),
        ("mcp__a\nb__todo.create", "todo"),
    ],
)
def test_a_tool_belongs_to_a_module(tool: str, module: str | None) -> None:
    assert module_of(tool) == module


@given(server=PART, module=PART, rest=ANY, separator=st.sampled_from("._"))
def test_server_is_dropped_and_first_separator_ends_the_module(
    server: str, module: str, rest: str, separator: str
) -> None:
    tool = f"{module}{separator}{rest}" if separator == "." else f"{module}_{rest.replace('.', '')}"

    assert module_of(tool) == module
    assert module_of(f"mcp__{server}__{tool}") == module


@given(rest=ANY)
def test_tool_name_with_two_underscores_is_its_own_module(rest: str) -> None:
    module = module_of(f"__{rest}")

    assert module == f"__{rest}".split(".")[0]
    assert is_marker(module)


@given(tool=ANY)
def test_a_module_is_never_empty_and_has_no_dot(tool: str) -> None:
    module = module_of(tool)

    assert module is None or (module and "." not in module)


@pytest.mark.parametrize("module", ["todo", "_turn", "", None])
def test_ordinary_module_is_no_marker(module: str | None) -> None:
    assert not is_marker(module)
