"""What the pieces of a page become, whatever they are given: escaped, labelled, and said in words."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import ChainableUndefined, Environment, FileSystemLoader, StrictUndefined, Undefined

from api.assets import FOLDER, Assets
from notifications.languages import teach
from notifications.typography import filters

TEMPLATES = FOLDER.parent / "templates"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
LONG = "Anticonstitutionnellement " * 12
VOID = {"meta", "link", "input", "br", "img", "hr", "use", "path", "rect", "circle"}

PIECES = """
{% extends "base.html" %}
{% import "components/icons.html" as icons %}
{% import "components/actions.html" as actions %}
{% import "components/forms.html" as forms %}
{% import "components/notes.html" as notes %}
{% import "components/layout.html" as layout %}
{% import "components/cases.html" as cases %}
{% import "components/tables.html" as tables %}
{% import "components/figures.html" as figures %}
{% import "components/map.html" as maps %}
{% set due = {"kind": "late", "text": x, "before": x} %}
{% set link = {"label": x, "href": x} %}
{% block title %}{{ x }}{% endblock %}
{% block crumb %}{{ layout.crumb([link, {"label": x}]) }}{% endblock %}
{% block head %}{% call layout.page_head(x, x) %}{{ actions.link_button(x, x, spoken=x) }}{% endcall %}
{{ layout.shortcuts([link], x) }}
{{ cases.stepper([{"code": "detection", "label": x, "when": x, "position": "past"}, {"code": x, "label": x, "position": "here"}], x) }}{% endblock %}
{% block content %}
{{ forms.error_summary([{"message": x, "field": "one"}, {"message": x}]) }}
{{ icons.icon("phone", label=x) }}{{ icons.face(x, kind="org") }}{{ icons.stage("closed", x) }}{{ icons.stage(x, x) }}{{ icons.due("paused", x, before=x) }}
{% call layout.section(x, count=3, more=link, note=x, id="s1") %}
<form method="post" action="/x">{{ actions.csrf_field(x) }}
{{ forms.field("one", x, x, hint=x, error=x, required=true, attributes={"placeholder": x}) }}
{{ forms.field("two", x, x, type="textarea", optional=true) }}
{{ forms.field("three", x, x, type="select", options=[{"value": x, "label": x}, {"value": "", "label": x}]) }}
{% for type in ("tel", "email", "date", "number", "file") %}{{ forms.field("t-" ~ type, x, none, type=type) }}{% endfor %}
{% call forms.field("four", x) %}<p>{{ x }}</p>{% endcall %}
{{ forms.chips("five", x, [{"value": x, "label": x, "checked": true}, {"value": 2, "label": x}], hint=x, error=x) }}
{{ forms.chips("six", x, [{"value": x, "label": x}], many=false) }}
{{ forms.check("seven", x, hint=x, error=x) }}
{{ forms.checks("eight", x, [{"value": x, "label": x, "hint": x}], error=x) }}
{{ forms.search_box("nine", x, x, x) }}
{{ forms.choice(x, x, "done", name=x, value=x, go=true) }}{{ forms.choice(x, x, "x", href="/y") }}
{{ actions.button(x, kind="go", icon_name="plus", name=x, value=x, address=x) }}</form>
{{ actions.post_button(x, x, x, fields={"k": x}, plain=true) }}
{{ actions.acts([{"label": x, "allowed": true, "href": x, "hint": x, "state": "closed"},
  {"label": x, "allowed": false, "reasons": [{"message": x, "way_out": link}, {"message": x}]}], x) }}
{% call actions.confirm(x, x, x, x, x, link, danger=true) %}{{ forms.field("ten", x) }}{% endcall %}
{% endcall %}
{{ notes.note(x, kind="warn", title=x, actions=[link]) }}
{{ notes.empty(x, x, "search", link) }}{{ notes.progress(x, 3, 10, x) }}
{% set drawn = {"path": "M0 0Z", "href": x, "name": x, "count": 1, "x": "1%", "y": "2%", "foot": "2%", "named": true} %}
{{ maps.sheet({"box": "0 0 1 1", "quartiers": [drawn], "points": [{"size": 0, "late": true, "path": "M0 0h0"}]}, x) }}
{{ maps.places(x, x, [{"label": x, "cases": 1, "late": 0, "href": x}]) }}
{{ layout.facts([{"label": x, "value": x, "detail": x}, {"label": x, "value": x}]) }}
{{ layout.people([{"name": x, "detail": x, "phone": x, "href": x}]) }}{{ layout.links([{"label": x, "href": x, "icon": "doc"}]) }}
{{ layout.tabs([{"label": x, "href": x, "count": 0, "current": true}], x) }}{{ layout.segments([{"label": x, "href": x}], x) }}
{% call layout.filters([{"label": x, "value": x, "off": x}, {"label": x, "options": [{"label": x, "href": x, "count": 1}]}], x) %}{{ x }}{% endcall %}
{{ layout.pager(x, newer=x, older=x) }}{% call layout.panel(raised=true) %}{{ x }}{% endcall %}
{% call cases.decision(x, x, x, due, wide=true) %}{{ x }}{% endcall %}
{{ cases.tasks([{"due": due, "title": x, "href": x, "reason": x, "detail": x, "action": {"label": x, "href": x, "method": "post", "fields": {"k": x}}}], x) }}
{{ cases.path([{"title": x, "text": x, "position": "here", "code": "mentoring"}, {"title": x, "text": x, "position": "next"}], x) }}
{{ cases.journal([{"label": x, "date": x, "lines": [{"title": x, "by": x, "text": x, "quote": x, "state": "orientation", "href": x}, {"title": x}]}]) }}
{{ cases.clocks([{"label": x, "due": due, "rule": x}]) }}{{ cases.sends([{"when": x, "at": x, "title": x, "text": x, "condition": x}]) }}
{% call(row) cases.days([{"date": x, "label": x, "rows": [{"title": x, "href": x, "text": x, "about": link}, {"title": x}]}]) %}{{ row.title }}{% endcall %}
{{ cases.alerts([{"icon": "late", "title": x, "text": x, "link": link}]) }}
{{ cases.tracks([{"name": x, "href": x, "due": due, "text": x, "bars": ["past", "here", "next", x]}]) }}
{{ cases.lanes([{"code": "closed", "label": x, "count": 1, "tickets": [{"title": x, "href": x, "text": x, "due": due, "who": x}], "more": link}], x) }}
{{ tables.table(x, [{"label": x, "heard": true}, {"label": x, "sort": "ascending", "href": x, "fold": "label"}],
  [[{"check": {"name": x, "value": x, "label": x}}, {"text": x, "sub": x, "href": x, "due": due, "stage": {"code": x, "label": x}}]]) }}
{{ tables.heat(x, x, [x], [{"label": x, "code": "closed", "cells": [{"value": 0, "level": 0}]}, {"label": x, "sum": true, "cells": [{"value": 2, "href": x}]}]) }}
{{ tables.heat_cell(4, 5, href=x, spoken=x) }}
{{ figures.key([{"value": x, "unit": x, "label": x, "detail": x, "href": x}, {"value": 1, "label": x}], x) }}
{{ figures.criteria([{"label": x, "points": 14, "max": 20, "message": x}]) }}
{% endblock %}
{% block aside %}<p>{{ x }}</p>{% endblock %}
"""

EMPTY = """
{% import "components/actions.html" as actions %}{% import "components/forms.html" as forms %}{% import "components/notes.html" as notes %}
{% import "components/layout.html" as layout %}{% import "components/cases.html" as cases %}{% import "components/tables.html" as tables %}
{{ forms.error_summary([]) }}{{ forms.field("a", "A", type="select") }}{{ forms.chips("b", "B", []) }}{{ forms.checks("c", "C", []) }}
{{ actions.acts([], "x") }}{{ notes.flash([]) }}{{ layout.people([]) }}{{ layout.tabs([], "x") }}{{ layout.filters([], "x") }}{{ layout.pager("0") }}
{{ cases.tasks([]) }}{{ cases.stepper([], "x") }}{{ cases.journal([]) }}{{ cases.clocks([]) }}{{ cases.sends([]) }}{{ cases.tracks([]) }}
{{ cases.lanes([], "x") }}{{ tables.table("x", []) }}{{ tables.heat("x", "y", [], []) }}
"""


class Page(HTMLParser):
    """The tags of a page, its text, and what is open and never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"{tag}: an attribute twice")
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag}: closed but not open")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.tags if name == tag and wanted.items() <= found.items()]

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


def environment(undefined: type[Undefined] = StrictUndefined) -> Environment:
    """An environment as the product's, in French, where a name that was not given is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=undefined, extensions=["jinja2.ext.i18n"]
    )
    teach(made)
    made.filters.update(filters())
    made.globals["asset"] = Assets()
    return made


def shown(source: str, **context: Any) -> Page:
    return Page(environment().from_string(source).render(**context))


def context(x: str = "Inès Morvan") -> dict[str, Any]:
    """Everything that base.html takes, each text being `x`."""
    return {
        "x": x,
        "product": {"name": x, "href": "/", "logo": None},
        "place": x,
        "theme_css": "/theme.css",
        "main_action": {"href": "/signaler", "label": x, "short": x},
        "nav": [
            {"href": "/", "label": x, "icon": "todo", "count": 9, "hot": True, "tab": True, "current": True},
            {"href": "/dossiers", "label": x, "icon": "folder", "tab": True},
            {"href": "/aides", "label": x, "icon": "aid", "count": 0},
        ],
        "search_href": "/dossiers",
        "person": {"name": x, "role": x, "href": "/moi"},
        "csrf": x,
        "demo": {"text": x, "links": [{"href": "/demo", "label": x}]},
        "messages": [
            {"text": x, "action": {"label": x, "href": "/undo", "method": "post"}},
            {"text": x, "kind": "error"},
        ],
        "foot_links": [{"href": "/aide", "label": x}],
    }


@pytest.fixture(scope="module", params=[HOSTILE, LONG, "Inès Morvan", "0"], ids=["hostile", "long", "usual", "zero"])
def page(request: pytest.FixtureRequest) -> Page:
    return shown(PIECES, **context(request.param))


@pytest.mark.asvs("1.2.1")
def test_a_name_that_is_a_script_is_only_words_in_every_piece() -> None:
    page = shown(PIECES, **context(HOSTILE))
    assert "".join(page.words).count("<script>") > 100
    ours = ("vendor/htmx/htmx.min.js", "js/app.js", "js/kept.js", "js/offline.js")
    assert {str(tag.get("src")) for tag in page.all("script")} == {Assets()(name) for name in ours}
    assert not page.all("img")


def test_no_piece_holds_a_script_a_style_or_a_handler(page: Page) -> None:
    assert not page.all("style")
    assert all(tag.get("src") for tag in page.all("script"))
    assert not [name for _, found in page.tags for name in found if name == "style" or name.startswith("on")]


def test_every_piece_closes_what_it_opens(page: Page) -> None:
    assert not page.faults
    assert not page.open


def test_a_tag_left_open_and_an_attribute_written_twice_are_found() -> None:
    assert Page("<p><b></p>").faults
    assert Page('<p id="a" id="b"></p>').faults


def test_every_field_has_a_label_that_is_heard(page: Page) -> None:
    labelled = {found["for"] for found in page.all("label") if "for" in found}
    fields = [found for name in ("input", "select", "textarea") for found in page.all(name)]
    nameless = [
        field
        for field in fields
        if field.get("type") != "hidden" and field.get("id") not in labelled and not field.get("aria-label")
    ]
    wrapped = {"five", "six", "eight"}  # chips and checks: the label is around the box
    assert {field.get("name") for field in nameless} == wrapped


def test_chips_are_wrapped_in_their_label() -> None:
    html = environment().from_string(
        '{% import "components/forms.html" as forms %}{{ forms.chips("n", "Besoins", [{"value": 1, "label": "Local"}]) }}'
    )
    assert re.search(r'<label class="chip"><input [^>]*name="n"[^>]*><span>.*Local</span></label>', html.render())


def test_ids_are_unique_and_descriptions_exist(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    described = {one for _, found in page.tags for one in str(found.get("aria-describedby") or "").split()}
    assert described
    assert described <= set(ids)


def test_every_link_and_button_says_something(page: Page) -> None:
    assert all("href" in found for found in page.all("a"))
    assert all(found.get("type") == "submit" for found in page.all("button"))
    drawings = page.all("svg")
    assert all(found.get("aria-hidden") == "true" or found.get("aria-label") for found in drawings)


def test_a_page_has_one_h1_one_main_and_its_title(page: Page) -> None:
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert page.all("html") == [{"lang": "fr", "dir": "ltr"}]
    assert page.all("meta", name="color-scheme") == [{"name": "color-scheme", "content": "light dark"}]
    assert page.all("a", **{"class": "skip"}) == [{"class": "skip", "href": "#contenu"}]


def test_every_form_that_changes_something_sends_the_token(page: Page) -> None:
    posts = [found for found in page.all("form") if found.get("method") == "post"]
    assert len(posts) == len(page.all("form"))
    assert len(page.all("input", name="csrf")) == len(posts)


@pytest.mark.parametrize("undefined", [StrictUndefined, Undefined, ChainableUndefined])
def test_a_page_needs_nothing_but_its_own_blocks(undefined: type[Undefined]) -> None:
    for frame in ("base.html", "bare.html"):
        html = (
            environment(undefined)
            .from_string('{% extends "' + frame + '" %}{% block content %}<h1>Bonjour</h1>{% endblock %}')
            .render(title="Aide")
        )
        page = Page(html)
        assert not page.faults
        assert "<title>Aide — Quartiers productifs</title>" in html
        assert not page.all("form"), "nobody is signed in"


def test_lists_without_anything_are_still_whole() -> None:
    page = shown(EMPTY)
    assert not page.faults
    assert not page.open
    assert not page.all("div", role="alert")


@pytest.mark.asvs("7.4.4")
def test_a_signed_in_person_may_leave_and_the_places_say_where_they_are() -> None:
    page = shown('{% extends "base.html" %}', **context())
    assert [found["action"] for found in page.all("form")] == ["/deconnexion", "/deconnexion", "/undo"]
    assert [found["href"] for found in page.all("a", **{"aria-current": "page"})] == ["/"]
    assert [found["href"] for found in page.all("a", **{"class": "tab"})] == ["/", "/dossiers"]


def test_every_page_leads_to_accessibility_personal_data_and_help() -> None:
    for frame in ("base.html", "bare.html"):
        page = shown('{% extends "' + frame + '" %}')
        assert [found["href"] for found in page.all("a")][-3:] == ["/accessibilite", "/donnees-personnelles", "/aide"]
        assert "Accessibilité\u00a0: non conforme" in "".join(page.words)


def test_what_a_page_calls_places_or_flash_is_its_own() -> None:
    html = environment().from_string(
        '{% extends "base.html" %}{% block content %}{{ places }} {{ flash }} {{ icon }} {{ links }}{% endblock %}'
    )
    assert "4 deux trois quatre" in html.render(places=4, flash="deux", icon="trois", links="quatre")


def test_a_refused_step_says_why_and_shows_the_way_out_and_is_no_link() -> None:
    html = environment().from_string('{% from "components/actions.html" import acts %}{{ acts(items, "Étapes") }}')
    shown_html = html.render(
        items=[
            {
                "label": "Commencer le mentorat",
                "allowed": False,
                "reasons": [
                    {"message": "Aucun binôme n'est actif.", "way_out": {"href": "/m", "label": "Proposer un mentor"}}
                ],
            }
        ]
    )
    assert "Aucun binôme n’est actif." in shown_html
    assert Page(shown_html).all("a") == [{"href": "/m"}]
    assert "impossible pour l’instant" in shown_html


def test_the_typography_of_the_writer_is_set_in_the_pieces_but_not_in_what_is_typed() -> None:
    html = (
        environment()
        .from_string(
            '{% from "components/forms.html" import field %}{{ field("n", "Où l\'appeler ?", "l\'un ?") }}'
            '{{ field("m", "Note", "\\nl\'un ?", type="textarea") }}'
        )
        .render()
    )
    assert "Où l’appeler\u202f?" in html
    assert 'value="l&#39;un ?"' in html
    assert ">\n\nl&#39;un ?</textarea>" in html, "a browser eats the first line break of a textarea"


def test_the_present_state_of_a_journey_is_heard_and_not_only_seen() -> None:
    page = shown(
        '{% from "components/cases.html" import stepper %}{{ stepper(steps, "Parcours : étape 1 sur 2") }}',
        steps=[
            {"code": "detection", "label": "Détection", "position": "here"},
            {"code": "orientation", "label": "Orientation", "position": "next"},
        ],
    )
    assert [found["class"] for found in page.all("li", **{"aria-current": "step"})] == ["here s1"]
    assert "Détection (en cours)" in "".join(page.words)
    assert page.all("ol")[0]["aria-label"] == "Parcours\u00a0: étape 1 sur 2"


def test_a_bar_is_full_at_most_and_says_when_it_is_too_much() -> None:
    page = shown(
        '{% from "components/figures.html" import bar %}{{ bar(11, 10) }}{{ bar(7, 10) }}{{ bar(1, 0) }}{{ bar(-1, 5) }}'
    )
    drawn = [(found["class"], float(found["width"] or "nan")) for found in page.all("rect") if found["class"] != "bg"]
    assert drawn == [("over", 100), ("fg", 70), ("over", 100), ("fg", 0)]


@pytest.mark.parametrize("template", sorted(path.name for path in (TEMPLATES / "components").glob("*.html")))
def test_every_piece_says_what_it_takes(template: str) -> None:
    text = (TEMPLATES / "components" / template).read_text(encoding="utf-8")
    macros = list(re.finditer(r"\{%- macro (\w+)\(", text))
    assert macros
    for macro in macros:
        comment = text[: macro.start()].rstrip().rsplit("{#", 1)[-1]
        assert comment.endswith("#}"), macro[1]
        assert macro[1].startswith("_") or comment.strip().startswith(macro[1] + "("), macro[1]


def test_the_living_page_shows_every_component() -> None:
    pages = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("composants.html", "base.html"))
    written = "".join(path.read_text(encoding="utf-8") for path in sorted((TEMPLATES / "components").glob("*.html")))
    macros = set(re.findall(r"macro ([a-z]\w*)\(", written))
    assert len(macros) > 50
    inside = {name for name in macros if re.search(rf"(?<!macro )(?<![.\w]){name}\(", written)}
    assert sorted(name for name in macros - inside if f".{name}(" not in pages) == []
