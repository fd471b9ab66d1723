"""English sentences about colors, taken apart: which thing has which color, what is there, what is something else.

A small grammar for what people write beneath photographs, not a parser of English:

- colors before a thing: "a dark red coat", "red, white and blue flags";
- after it: "the coat is not red but green", "eyes are blue";
- on a person: "a woman in red", "a man in an olive uniform";
- things alone: "autumn forest", "this is a rose";
- corrections: "this is not a tench but a goldfish";
- orders: "make the sky pale blue", "paint the door green".

What it can't place it leaves in ``unread``, to be named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TypeAlias

from tintype.guidance.words.lexicon import LONGEST, MODIFIERS, NamedColor, match_color

IsThing: TypeAlias = Callable[[str], bool]
"""Whether a word, or several, name a thing that can be looked for."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ARTICLES = _words(
    "a an the his her hers their its my our your this that these those it he she they there some all both each every "
    "one two three four five six"
)
_COPULAS = _words("is are was were be been being looks look seems seem wears wore has have had")
_NEGATIONS = _words("not no never isn't aren't wasn't weren't without neither")
_JOINTS = _words(
    "in with wearing of on at under behind before beside near from against over by to into holding carrying standing "
    "sitting lying riding playing walking looking eating reading"
)
_ANDS = frozenset(("and", "or", "&", "plus", "nor"))
_BUTS = frozenset(("but", "rather"))
_ORDERS = _words("make paint color colour turn dye tint give let")
_COLOR_WORDS = _words("color colored colour coloured colors colours shade tone hue painted dyed")
_PLAIN = _words(
    "big small little tiny large huge old young new tall long short pretty beautiful lovely nice fine fresh wild "
    "two-tone photo photograph picture image portrait scene view very many few several typical early late clear "
    "wooden silk wool woollen woolen cotton velvet linen leather striped checked patterned"
)
"""Words that say nothing of colors and are passed over."""

_NOUNS_FIRST = _words(
    "algae apple asparagus avocado banana barn berry blueberry camel carnation celery clay coffee custard "
    "dandelion denim desert dirt dust earth fern field forest grape grapefruit grass heather ice iris kiwi leaf "
    "leather lichen mango maize melon moss mud mushroom night ocean orchid pea pear pine pumpkin "
    "sand sea seaweed sky snow spruce squash stone strawberry straw sunflower swamp tea tomato tree "
    "velvet water watermelon wheat wisteria wood"
)
"""Names of colors that are things before another word: a forest path, but a chocolate dress."""

_GROUNDS = _words(
    "algae desert dirt dust earth fern field forest grass heather ice leaf moss mud night ocean sand sea seaweed "
    "sky snow stone straw swamp tree water wood"
)
"""Of these, what one can be in: lions in grass, but a lion in gold."""

_PLACINGS = _words("on at under behind before beside near from against over by into")
"""Of the words that join, those after which a place follows and no color: on grass."""

_LONGEST_NAME = 5
_TOKEN = re.compile(r"[a-z0-9]+(?:[-'/][a-z0-9]+)*|[,.;:!?&\n]", re.IGNORECASE)
_STOPS = frozenset(".;:!?\n")


@dataclass(frozen=True)
class Statement:
    """One thing that a sentence says.

    Attributes:
        thing: of which it speaks, as it was written; empty: the picture.
        colors: that it has, or has not.
        instead: what the thing is in truth ("not a tench but a goldfish"); empty where nothing was corrected.
        text: the words that said it.
    """

    thing: str = ""
    colors: tuple[NamedColor, ...] = ()
    instead: str = ""
    text: str = ""


@dataclass(frozen=True)
class Sentences:
    """What was read.

    Attributes:
        statements: in the order of the text.
        unread: words that the grammar knows no place for.
    """

    statements: tuple[Statement, ...] = ()
    unread: tuple[str, ...] = ()


def parse_sentences(text: str, is_thing: IsThing) -> Sentences:
    """Take a text apart.

    Args:
        text: English.
        is_thing: tells things from other words: "an orange" is one, "orange" is a color.
    """
    tokens = [token.lower() for token in _TOKEN.findall(text.replace("\u2019", "'"))]
    clauses = [_Clause([*_pieces(_as_said(clause), is_thing)]) for clause in _clauses(tokens)]
    for clause in clauses:
        clause.read()
    statements = tuple(statement for each in clauses for statement in each.statements)
    return Sentences(statements, tuple(dict.fromkeys(word for each in clauses for word in each.unread)))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text that the grammar does not use up: names of colors and things."""
    known = _ARTICLES | _COPULAS | _NEGATIONS | _JOINTS | _ANDS | _BUTS | _COLOR_WORDS | _PLAIN
    return tuple(
        token for token in map(str.lower, _TOKEN.findall(text)) if token not in known and token[0].isalnum()
    )


def _clauses(tokens: list[str]) -> Iterator[list[str]]:
    """Split at full stops, and at commas that separate no colors of a list and no "but"."""
    clause: list[str] = []
    for i, token in enumerate([*tokens, "."]):
        if token not in _STOPS and (token != "," or _is_list_comma(clause, tokens[i + 1 :])):
            clause += [token] if token != "," else []
        elif clause:
            yield clause
            clause = []


def _as_said(clause: list[str]) -> list[str]:
    """Turn an order, "make the sky blue", into what it says: the sky is blue."""
    words = clause[1:] if clause[0] == "please" else clause
    if len(words) < 2 or words[0] not in _ORDERS or words[1] in _JOINTS | _COPULAS:
        return clause
    words = words[1:]
    for position in range(1, len(words)):
        found = match_color(words[position : position + LONGEST])
        if found and _is_noun_word(words, position - 1) and not _is_noun_word(words, position + found[1]):
            return [*words[:position], "is", *words[position:]]
    return words


def _is_list_comma(before: list[str], after: list[str]) -> bool:
    if after and (after[0] in _BUTS or after[0] in _NEGATIONS):
        return True
    if _COPULAS.intersection(before) and not _has_colors_only(after):
        return False  # "the coat is red, green hills"
    rest = after[1:] if after and after[0] in _ANDS else after
    ends = any(_names_color(before[-count:]) for count in (1, 2, 3) if count <= len(before))
    return ends and match_color(rest[:LONGEST]) is not None


def _has_colors_only(words: list[str]) -> bool:
    """Return whether nothing but colors stands before the next stop."""
    position = 0
    while position < len(words) and words[position] not in _STOPS:
        found = match_color(words[position : position + LONGEST])
        if found is None and words[position] not in _ANDS and words[position] != ",":
            return False
        position += found[1] if found else 1
    return True


def _names_color(words: list[str]) -> bool:
    found = match_color(words)
    return found is not None and found[1] == len(words)


class _Kind(Enum):
    NOUN = auto()
    COLOR = auto()
    IS = auto()
    NOT = auto()
    BUT = auto()
    AND = auto()
    JOINT = auto()
    OTHER = auto()


@dataclass(frozen=True)
class _Piece:
    """A word or several that have one part in a clause.

    Attributes:
        kind: the part.
        text: the words.
        color: of a `COLOR`.
        has_article: whether "a", "the" or the like stands before it.
    """

    kind: _Kind
    text: str
    color: NamedColor | None = None
    has_article: bool = False


_KINDS = (
    (_COPULAS, _Kind.IS),
    (_NEGATIONS, _Kind.NOT),
    (_BUTS, _Kind.BUT),
    (_ANDS, _Kind.AND),
    (_JOINTS, _Kind.JOINT),
)


def _pieces(words: list[str], is_thing: IsThing) -> Iterator[_Piece]:
    """Group the words of a clause."""
    position, has_article = 0, False
    before: _Piece | None = None
    while position < len(words):
        word = words[position]
        count = 1
        if word in _ARTICLES:
            has_article = True
        elif _counts(words, position, is_thing):
            piece, count = _piece_at(words, position, is_thing, has_article=has_article, before=before)
            yield piece
            has_article, before = False, piece
        position += count


def _counts(words: list[str], position: int, is_thing: IsThing) -> bool:
    """Return whether a word says something: velvet does, but not in a velvet dress."""
    word = words[position]
    if word in _PLAIN:
        return is_thing(word) and not _is_noun_word(words, position + 1)
    return word not in _COLOR_WORDS


def _piece_at(
    words: list[str], position: int, is_thing: IsThing, *, has_article: bool, before: _Piece | None
) -> tuple[_Piece, int]:
    """Return the piece that begins at a word, and how many words it has."""
    word = words[position]
    for known, kind in _KINDS:
        if word in known:
            return _Piece(kind, word), 1
    named = _name_at(words, position, is_thing)
    if named:
        return _Piece(_Kind.NOUN, " ".join(words[position : position + named]), None, has_article), named
    found = match_color(words[position : position + LONGEST])
    if found is not None:
        color, count = found
        follows = _is_noun_word(words, position + count)
        is_stated = not has_article and _states(before, color.name)
        if not _is_meant_as_thing(color.name, is_thing, follows=follows, is_stated=is_stated):
            return _Piece(_Kind.COLOR, color.name, color, has_article), count
    if word in MODIFIERS:
        return _Piece(_Kind.OTHER, word), 1
    count = 1
    while _is_noun_word(words, position + count):
        count += 1
    return _Piece(_Kind.NOUN, " ".join(words[position : position + count]), None, has_article), count


def _name_at(words: list[str], position: int, is_thing: IsThing) -> int:
    """Return how many words are the name of a thing: a green snake, a traffic light; 0 for less than two."""
    longest = min(_LONGEST_NAME, len(words) - position)
    return next((n for n in range(longest, 1, -1) if is_thing(" ".join(words[position : position + n]))), 0)


def _states(before: _Piece | None, name: str) -> bool:
    """Return whether a color is said of something: "is orange", "in orange", but not "on grass" or "in snow"."""
    if before is None:
        return False
    if before.kind is _Kind.JOINT:
        return before.text not in _PLACINGS and name not in _GROUNDS
    return before.kind in (_Kind.IS, _Kind.NOT, _Kind.BUT)


def _is_meant_as_thing(name: str, is_thing: IsThing, *, follows: bool, is_stated: bool) -> bool:
    """Tell an orange from orange: by what follows, and by whether it is said of something ("in orange")."""
    if is_stated or not (is_thing(name) or name in _NOUNS_FIRST):
        return False
    return not follows or name in _NOUNS_FIRST


def _is_noun_word(words: list[str], position: int) -> bool:
    """Return whether a word can belong to the name of a thing."""
    if position >= len(words):
        return False
    word = words[position]
    others = _ARTICLES | _PLAIN | _COLOR_WORDS | _COPULAS | _NEGATIONS | _BUTS | _ANDS | _JOINTS
    is_color = match_color(words[position : position + LONGEST]) is not None and word not in _NOUNS_FIRST
    return word not in others and word not in MODIFIERS and not is_color


@dataclass
class _Clause:
    """A clause that is being read, piece by piece.

    Attributes:
        pieces: of the clause.
        statements: what it said so far.
        unread: words that found no place.
        noun: the thing that was named last.
        subject: the thing before "is"; None where nothing is said of one.
        colors: those that belong to nothing yet.
        is_negated: whether "not" was said.
        is_joined: whether an "and" stands behind the colors.
        denied: what it is not.
        holder: the thing before "in" or "with".
        silent: things of which nothing has been said yet.
    """

    pieces: list[_Piece]
    statements: list[Statement] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    noun: str = ""
    subject: str | None = None
    colors: list[NamedColor] = field(default_factory=list)
    is_negated: bool = False
    is_joined: bool = False
    denied: str = ""
    holder: str = ""
    silent: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Read all pieces."""
        for piece in self.pieces:
            self._take(piece)
        self._settle_colors()
        if self.denied:
            self.unread.append(f"not {self.denied}")
        self.statements += [Statement(thing, text=thing) for thing in self.silent]

    def _take(self, piece: _Piece) -> None:
        if piece.kind is _Kind.NOUN:
            self._take_noun(piece)
        elif piece.kind is _Kind.COLOR:
            assert piece.color is not None
            self.colors.append(replace(piece.color, is_negated=self.is_negated))
            self.is_joined = False
        elif piece.kind is _Kind.IS:
            self._settle_colors()
            self.subject, self.is_negated = self.noun, False
        elif piece.kind is _Kind.NOT:
            self.is_negated = True
        elif piece.kind is _Kind.BUT:
            self.is_negated = False
        elif piece.kind is _Kind.AND:
            self.is_joined = bool(self.colors)
        elif piece.kind is _Kind.JOINT:
            self._settle_colors()
            self.subject, self.holder, self.is_negated = None, self.noun, False
        else:
            self.unread.append(piece.text)

    def _take_noun(self, piece: _Piece) -> None:
        if self.colors and self.subject is not None and (self.is_joined or piece.has_article):
            self._settle_colors()  # "the coat is red and the hat ..."
            self.subject = None
        if self.colors:
            self._say(piece.text, self.colors)
            self.colors = []
        elif self.is_negated:
            self._deny(piece.text)
        elif self.denied:
            self._correct(self.denied, piece.text)
            self.denied = ""
        elif self.subject and self.subject in self.silent:
            self._correct(self.subject, piece.text)
        else:
            self.silent.append(piece.text)
        self.noun, self.is_negated, self.is_joined = piece.text, False, False

    def _deny(self, thing: str) -> None:
        """Take "not a tench": the thing that was named before is meant instead, or the one that comes after "but"."""
        if self.silent and self.subject is None:
            self._correct(thing, self.silent[-1])
        else:
            self.denied = thing

    def _correct(self, thing: str, instead: str) -> None:
        self.silent = [each for each in self.silent if each not in (thing, instead)]
        self.statements.append(Statement(thing, instead=instead, text=f"{thing} is {instead}"))

    def _settle_colors(self) -> None:
        """Give colors that are said of something, "is red", "in red", to what they are said of."""
        if self.colors:
            self._say(self.subject or self.holder or self.noun, self.colors)
        self.colors = []

    def _say(self, thing: str, colors: list[NamedColor]) -> None:
        self.silent = [each for each in self.silent if each != thing]
        words = " and ".join(f"not {color.name}" if color.is_negated else color.name for color in colors)
        self.statements.append(Statement(thing, tuple(colors), text=f"{words} {thing}".strip()))
